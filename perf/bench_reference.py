"""Whole bi-level steps against the obvious way to entangle weights: pad every version, and add up.

    python -m pytest perf/bench_reference.py -q -s

The reference is the paper's procedure word by word (Algorithms 1 and 2): each weight of the network
is the sum over joint candidates of the sliced weight, padded with zeros and multiplied by the
candidate's architecture weight. Its alphas are trained by a plain backward, as a loop would do it
that does not know that weights need no gradient there; a second reference does know. All run the
same network on the same batches, and their losses are compared first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from perf.measure import seconds
from tangle.algorithms import DrNAS
from tangle.core import Choice, joint_candidates
from tangle.nn import Supernet
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.contraction import Apply, Contraction
from tangle.spaces import ToyConvMacro
from tangle.spaces.blocks.mlp import MLP

ROUNDS = 5
BARS = {"conv_macro": 2.0, "mlp": 5.0, "mlp_of_128_tokens": 1.0}
KEPT = {"mlp"}
"""Cases that reach their bars with room to spare; others depend on the machine."""
RESULTS: list[dict[str, str | float]] = []
Case = tuple[nn.Module, Tensor, Callable[[Tensor], Tensor]]


def conv_macro() -> Case:
    target = torch.randint(10, (16,))
    return ToyConvMacro(), torch.randn(16, 3, 32, 32), lambda y: F.cross_entropy(y, target)


def mlp(inputs: int = 16) -> Case:
    """Return a block of 3072 x 768 with three widths and three ratios, and a batch of 16."""
    width, ratio = Choice("embed_dim", (384, 576, 768)), Choice("mlp_ratio", (2, 3, 4))
    net = MLP(width, width * ratio, bias=False)
    return net, torch.randn(inputs, 768), lambda y: y.square().mean()


def mlp_of_128_tokens() -> Case:
    """Return the same for more inputs, whose own products then take a larger part."""
    return mlp(128)


def pad_and_sum(tensor: Tensor, axes: tuple[Axis, ...]) -> Tensor:
    """Return the sum of all versions of a tensor, each padded and weighted."""
    weights = bound().weights()
    choices = tuple(dict.fromkeys(choice for axis in axes for choice in axis.size.choices))
    total = torch.zeros_like(tensor)
    for arch in joint_candidates(choices):
        slices = [axis.slice_at(arch) for axis in axes]
        ends = [s.indices(n) for s, n in zip(slices, tensor.shape, strict=True)]
        pads = [(start, n - stop) for (start, stop, _), n in zip(ends, tensor.shape, strict=True)]
        version = F.pad(tensor[tuple(slices)], [p for pair in reversed(pads) for p in pair])
        weight = torch.ones(())
        for name, index in arch.items():
            weight = weight * weights[name][index]
        total = total + weight * version
    return total


def contract(layer: Contraction, x: Tensor, apply: Apply) -> Tensor:
    """Stand for the layer's own way."""
    axes = layer.axes()
    bias = None if layer.bias is None else pad_and_sum(layer.bias, tuple(axes["bias"]))
    return apply(x, pad_and_sum(layer.weight, tuple(axes["weight"])), bias)


class Search:
    """Bi-level steps on one network, tangle's way or the reference's."""

    def __init__(self, build: Callable[[], Case], *, reference: bool, freezes: bool) -> None:
        torch.manual_seed(0)
        net, self.x, self.loss = build()
        self.supernet = Supernet(net)
        self.algorithm = DrNAS(self.supernet.space)
        self.weights = torch.optim.SGD(self.supernet.parameters(), 1e-3, momentum=0.9)
        self.alphas = torch.optim.Adam(self.algorithm.parameters(), 3e-4)
        self.reference, self.freezes = reference, freezes

    def way(self) -> AbstractContextManager[object]:
        return patch.object(Contraction, "contract", contract) if self.reference else nullcontext()

    def step(self) -> float:
        self.supernet.requires_grad_(not self.freezes)
        self._update(self.alphas, detach=False)
        self.supernet.requires_grad_(True)
        return self._update(self.weights, detach=True)

    def _update(self, optimizer: torch.optim.Optimizer, *, detach: bool) -> float:
        self.supernet.zero_grad()
        self.algorithm.zero_grad()
        (arch,) = self.algorithm.draw(0)
        arch = {name: w.detach() if detach else w for name, w in arch.items()}
        with self.way():
            loss = self.loss(self.supernet(self.x, arch))
        loss.backward()
        optimizer.step()
        return float(loss.detach())


@pytest.mark.parametrize("build", [conv_macro, mlp, mlp_of_128_tokens])
def test_bilevel_steps_against_pad_and_sum(build: Callable[[], Case]) -> None:
    searches = {
        "tangle": Search(build, reference=False, freezes=True),
        "reference": Search(build, reference=True, freezes=False),
        "reference, weights frozen for alphas": Search(build, reference=True, freezes=True),
    }
    losses = torch.tensor([[search.step() for _ in range(3)] for search in searches.values()])
    torch.testing.assert_close(losses, losses[:1].expand_as(losses), rtol=1e-4, atol=1e-4)
    times = seconds({name: search.step for name, search in searches.items()}, rounds=ROUNDS)
    for name, value in times.items():
        if name != "tangle":
            RESULTS.append({
                "case": build.__name__, "reference": name, "tangle, s": times["tangle"],
                "reference, s": value, "times faster": value / times["tangle"],
                "bar": BARS[build.__name__],
            })  # fmt: skip
    least = BARS[build.__name__] if build.__name__ in KEPT else 1.0
    assert times["reference"] > least * times["tangle"]


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(min(2, len(os.sched_getaffinity(0))))  # more would wait for each other
    yield
    table = Table(title="Whole bi-level step: pad-and-sum / tangle")
    for column in ("case", "reference", "tangle, s", "reference, s", "times faster", "bar"):
        table.add_column(column)
    for row in RESULTS:
        numbers = (f"{row[n]:.3g}" for n in ("tangle, s", "reference, s", "times faster", "bar"))
        table.add_row(str(row["case"]), str(row["reference"]), *numbers)
    Console(width=120).print(table)
    folder = Path("runs") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reference.json").write_text(json.dumps(RESULTS, indent=2))
