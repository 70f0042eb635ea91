"""Evaluating subnets by slices, against plain forwards of the extracted networks, in one run.

Both go through the quickstart's validation images in evaluation mode and compute its metrics.
"""

from __future__ import annotations

import json
from random import Random

import pytest
import torch
from torch import nn

from perf.measure import seconds
from tangle.data import FashionMNIST
from tangle.modules import Candidates, Classification
from tangle.nn import Supernet
from tangle.spaces import ToyConvMacro

BAR = 0.9
"""Least speed of sliced evaluation, as a share of the plain one's."""


def test_sliced_evaluation_is_as_fast_as_plain_forwards() -> None:
    torch.manual_seed(0)
    widths = [[4, 8, 16], [4, 8, 16], [8, 16, 32], [8, 16, 32]]
    supernet = Supernet(ToyConvMacro(widths, in_channels=1, image_size=28, last_channels=32,
                                     hidden=[64], dropout=0.0)).eval()  # fmt: skip
    data = FashionMNIST()
    data.prepare_data()
    data.setup("fit")
    batches, task = list(data.val_dataloader()), Classification(10)
    candidates, metrics = Candidates(supernet, task, batches), task.metrics()

    def plainly(net: nn.Module) -> None:
        metrics.reset()
        for x, y in batches:
            metrics.update(net(x), y)
        metrics.compute()

    rng = Random(0)
    ratios = []
    with candidates.evaluating():
        for _ in range(20):
            arch = supernet.space.sample(rng)
            net = supernet.extract(arch).eval()
            steps = {"sliced": lambda a=arch: candidates(a), "plain": lambda n=net: plainly(n)}
            times = seconds(steps, rounds=7)
            ratios.append(times["plain"] / times["sliced"])
    ratio = sum(ratios) / len(ratios)
    print(json.dumps({"plain / sliced seconds, mean of 20": ratio, "least": min(ratios)}))
    if ratio < BAR:
        pytest.fail(f"sliced evaluation has {ratio:.2f} of the speed of plain forwards, not {BAR}")
