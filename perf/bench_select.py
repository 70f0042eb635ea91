"""Evaluations of the second stage against plain forwards of the same networks, in one run.

The plain networks are extracted beforehand, and only run over the batches: their outputs are not
judged. An evaluation is all that the second stage does with a candidate, except for the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from perf.measure import Step, seconds
from tangle.modules import Classification, Inherited, LanguageModelling, Task
from tangle.nn import Supernet
from tangle.spaces import GPT, ToyConvMacro

ROUNDS = 7
CANDIDATES = 8
BAR = 0.9
RESULTS: dict[str, float] = {}
Case = tuple[nn.Module, Task, list[tuple[Tensor, Tensor]]]


def conv_macro() -> Case:
    """Return the quickstart's space, and as many validation images as it has."""
    channels = ((4, 8, 16), (4, 8, 16), (8, 16, 32), (8, 16, 32))
    net = ToyConvMacro(channels, in_channels=1, image_size=28, last_channels=32, hidden=(64,))
    batches = [(torch.randn(60, 1, 28, 28), torch.randint(10, (60,))) for _ in range(10)]
    return net, Classification(10), batches


def gpt() -> Case:
    net = GPT(256, 128, embed_dim=(192, 288, 384), depth=(2, 3, 4), num_heads=(2, 4, 6))
    batches = [(torch.randint(256, (8, 128)), torch.randint(256, (8, 128))) for _ in range(2)]
    return net, LanguageModelling(256), batches


@pytest.mark.parametrize("build", [conv_macro, gpt])
def test_evaluations(build: Callable[[], Case]) -> None:
    torch.manual_seed(0)
    net, task, batches = build()
    supernet = Supernet(net)
    rng = Random(0)
    candidates = [supernet.space.sample(rng) for _ in range(CANDIDATES)]
    judge = Inherited(supernet, task, batches)
    plain = [supernet.extract(arch).eval() for arch in candidates]

    @torch.inference_mode()
    def forwards() -> None:
        for network in plain:
            for x, _ in batches:
                network(x)

    evaluations: Step = lambda: [judge(arch) for arch in candidates]  # noqa: E731
    times = seconds({"plain": forwards, "evaluations": evaluations}, rounds=ROUNDS)
    RESULTS[build.__name__] = times["plain"] / times["evaluations"]


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    table = Table(title="Speed of evaluations, as a share of that of plain forwards")
    for column in ("space", "share", "bar"):
        table.add_column(column)
    for name, share in RESULTS.items():
        table.add_row(name, f"{share:.3f}", str(BAR))
    Console(width=110).print(table)
    folder = Path("runs") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    content = [{"space": n, "share": share, "bar": BAR} for n, share in RESULTS.items()]
    (folder / "select.json").write_text(json.dumps(content, indent=2))
