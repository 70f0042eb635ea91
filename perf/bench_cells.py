"""Weight entanglement against weight sharing, on the cell spaces: step time and peak memory.

    python -m pytest perf/bench_cells.py -q -s

A step is one update of a bi-level search with DrNAS: the alphas on a batch of 64, then the weights
on another. Memory is what tensors take at the most during it, with weights and momenta; both are
taken in one run on the CPU. The paper reports 25.3 % less memory for NAS-Bench-201 and 35.5 % for
DARTS on a GPU.

Beside them DARTS, entangled, with operations on a quarter of the channels (PC-DARTS).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import nn

from perf.measure import peak_bytes, seconds
from tangle.algorithms import DrNAS
from tangle.nn import Supernet
from tangle.spaces import DARTSNet, NASBench201, ToyCell

BATCH = 64
ROUNDS = {"toy_cell": 5, "nasbench201": 3, "darts": 1}
"""A step of DARTS takes the better part of a minute."""
BAR = 1.0
Build = Callable[[bool], tuple[nn.Module, tuple[int, ...]]]
"""Makes a network, entangled or not, and tells the shape of its images."""
RESULTS: list[dict[str, str | float]] = []
PARTIAL: list[dict[str, str | float]] = []


def toy_cell(entangle: bool) -> tuple[nn.Module, tuple[int, ...]]:
    return ToyCell(entangle=entangle), (1, 28, 28)


def nasbench201(entangle: bool) -> tuple[nn.Module, tuple[int, ...]]:
    return NASBench201(entangle=entangle), (3, 32, 32)


def darts(entangle: bool) -> tuple[nn.Module, tuple[int, ...]]:
    return DARTSNet(entangle=entangle), (3, 32, 32)


def darts_quarter(entangle: bool) -> tuple[nn.Module, tuple[int, ...]]:
    return DARTSNet(entangle=entangle, partial_channels=4), (3, 32, 32)


class Search:
    """One update of a space, entangled or not."""

    def __init__(self, build: Build, entangle: bool) -> None:
        torch.manual_seed(0)
        net, shape = build(entangle)
        self.supernet = Supernet(net)
        self.algorithm = DrNAS(self.supernet.space)
        self.weights = torch.optim.SGD(self.supernet.parameters(), 0.025, momentum=0.9)
        self.alphas = torch.optim.Adam(self.algorithm.parameters(), 3e-4)
        self.x, self.y = torch.randn(BATCH, *shape), torch.randint(10, (BATCH,))

    def zero_grad(self) -> None:
        self.supernet.zero_grad()
        self.algorithm.zero_grad()

    def step(self) -> None:
        self.supernet.requires_grad_(False)
        self._update(self.alphas, detach=False)
        self.supernet.requires_grad_(True)
        self._update(self.weights, detach=True)

    def _update(self, optimizer: torch.optim.Optimizer, *, detach: bool) -> None:
        self.zero_grad()
        (arch,) = self.algorithm.draw(0)
        arch = {name: w.detach() if detach else w for name, w in arch.items()}
        F.cross_entropy(self.supernet(self.x, arch), self.y).backward()
        optimizer.step()

    def memory(self) -> int:
        resident = sum(p.numel() * p.element_size() for p in self.supernet.parameters())
        return 2 * resident + peak_bytes(self.step, self.zero_grad)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("build", [toy_cell, nasbench201, darts])
def test_entanglement_against_sharing(
    build: Build,
) -> None:
    searches = {kind: Search(build, kind == "entangled") for kind in ("entangled", "shared")}
    memory = {kind: search.memory() for kind, search in searches.items()}  # also a warm-up
    steps = {kind: search.step for kind, search in searches.items()}
    times = seconds(steps, rounds=ROUNDS[build.__name__], warmup=0)
    for quantity, values, unit in (("seconds a step", times, 1), ("peak memory, MB", memory, 1e6)):
        entangled, shared = values["entangled"] / unit, values["shared"] / unit
        RESULTS.append({
            "space": build.__name__, "quantity": quantity, "entangled": entangled,
            "shared": shared, "ratio": entangled / shared, "bar": BAR,
        })  # fmt: skip
        assert entangled < BAR * shared


@pytest.mark.timeout(1200)
def test_a_quarter_of_the_channels_against_all() -> None:
    kinds = {"quarter": darts_quarter, "all": darts}
    searches = {kind: Search(build, True) for kind, build in kinds.items()}
    memory = {kind: search.memory() for kind, search in searches.items()}  # also a warm-up
    times = seconds({k: s.step for k, s in searches.items()}, rounds=1, warmup=0)
    for quantity, values, unit in (("seconds a step", times, 1), ("peak memory, MB", memory, 1e6)):
        quarter, whole = values["quarter"] / unit, values["all"] / unit
        PARTIAL.append({
            "space": "darts", "quantity": quantity, "quarter": quarter, "all": whole,
            "ratio": quarter / whole, "bar": BAR,
        })  # fmt: skip
        assert quarter < BAR * whole


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    for rows, sides in ((RESULTS, ("entangled", "shared")), (PARTIAL, ("quarter", "all"))):
        table = Table(title=f"{' / '.join(sides)}, batch {BATCH}")
        for column in ("space", "quantity", *sides, "ratio"):
            table.add_column(column)
        for row in rows:
            numbers = (f"{row[name]:.3g}" for name in (*sides, "ratio"))
            table.add_row(str(row["space"]), str(row["quantity"]), *numbers)
        Console(width=110).print(table)
    folder = Path("runs") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cells.json").write_text(json.dumps(RESULTS + PARTIAL, indent=2))
