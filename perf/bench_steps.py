"""Training steps of a supernet against the plain network, as ratios measured in one run.

A step is forward, backward, clipping and Adam. The plain network is the largest one, extracted, for
superposed steps, and the extracted network of the same architecture for sliced ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from perf.measure import Step, check, peak_bytes, seconds, show
from tangle.algorithms import DrNAS
from tangle.core import Architecture, Relaxation
from tangle.nn import Supernet
from tangle.spaces import GPT, ToyConvMacro

ROUNDS = 7
BARS = {
    ("conv_macro", "weight step / plain step"): 1.05,
    ("conv_macro", "alpha step / plain step"): 0.95,
    ("conv_macro", "peak memory, weight step / plain step"): 1.05,
    ("conv_macro", "peak memory, alpha step / plain step"): 1.05,
    ("conv_macro", "sliced / extracted, whole step, largest"): 1.05,
    ("conv_macro", "sliced / extracted, whole step, middle"): 1.05,
    ("conv_macro", "sliced / extracted, whole step, smallest"): 1.05,
    ("gpt", "weight step / plain step"): 1.15,
    ("gpt", "alpha step / plain step"): 0.90,
    ("gpt", "sliced / extracted, whole step, largest"): 1.05,
    ("gpt", "sliced / extracted, whole step, middle"): 1.05,
    ("gpt", "sliced / extracted, whole step, smallest"): 1.05,
}
KEPT = {
    ("conv_macro", "alpha step / plain step"),
    ("conv_macro", "peak memory, weight step / plain step"),
    ("conv_macro", "peak memory, alpha step / plain step"),
}
RESULTS: dict[tuple[str, str], float] = {}


def conv_macro() -> tuple[nn.Module, Tensor, Tensor]:
    return ToyConvMacro(), torch.randn(64, 3, 32, 32), torch.randint(10, (64,))


def gpt() -> tuple[nn.Module, Tensor, Tensor]:
    net = GPT(
        256, 128, embed_dim=(192, 288, 384), depth=(2, 3, 4), num_heads=(2, 4, 6), dropout=0.0
    )
    return net, torch.randint(256, (16, 128)), torch.randint(256, (16, 128))


class Bench:
    """The steps of one space, on one batch.

    Attributes:
        run: Runs the supernet at an architecture: the supernet itself, or compiled.
    """

    run: Callable[[Tensor, Architecture | Relaxation], Tensor]

    def __init__(self, build: Callable[[], tuple[nn.Module, Tensor, Tensor]]) -> None:
        torch.manual_seed(0)
        net, self.x, self.y = build()
        self.supernet = Supernet(net)
        self.run = self.supernet
        self.algorithm = DrNAS(self.supernet.space)
        self.optimizer = torch.optim.Adam(self.supernet.parameters(), 1e-4)
        self.arch_optimizer = torch.optim.Adam(self.algorithm.parameters(), 3e-4)
        self.plain = self.step_of(self.supernet.extract(self.supernet.space.largest()))

    def weight(self) -> None:
        (drawn,) = self.algorithm.draw(0)
        arch = {name: weights.detach() for name, weights in drawn.items()}
        self._step(lambda: self.run(self.x, arch), self.optimizer)

    def alpha(self) -> None:
        self.supernet.requires_grad_(False)
        (arch,) = self.algorithm.draw(0)
        self._step(lambda: self.run(self.x, arch), self.arch_optimizer)
        self.supernet.requires_grad_(True)

    def sliced(self, arch: Architecture, *, update: bool) -> Step:
        optimizer = self.optimizer if update else None
        return lambda: self._step(lambda: self.run(self.x, arch), optimizer)

    def step_of(self, net: nn.Module, *, update: bool = True) -> Step:
        optimizer = torch.optim.Adam(net.parameters(), 1e-4) if update else None
        return lambda: self._step(lambda: net(self.x), optimizer, net)

    def _step(
        self,
        forward: Callable[[], Tensor],
        optimizer: torch.optim.Optimizer | None,
        net: nn.Module | None = None,
    ) -> None:
        (self.supernet if net is None else net).zero_grad()
        self.algorithm.zero_grad()
        F.cross_entropy(forward().flatten(0, -2), self.y.flatten()).backward()
        if optimizer is not None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            nn.utils.clip_grad_norm_(parameters, 5.0)
            optimizer.step()

    def memory(self, step: Step, net: nn.Module) -> int:
        """Return the peak bytes of a step, with what weights and Adam's moments take before it."""

        def prepare() -> None:
            self.supernet.zero_grad()
            self.algorithm.zero_grad()
            net.zero_grad()

        resident = sum(p.numel() * p.element_size() for p in net.parameters())
        return 3 * resident + peak_bytes(step, prepare)


@pytest.mark.parametrize("build", [conv_macro, gpt])
def test_superposed_steps(build: Callable[[], tuple[nn.Module, Tensor, Tensor]]) -> None:
    bench = Bench(build)
    times = seconds(
        {"plain": bench.plain, "weight": bench.weight, "alpha": bench.alpha}, rounds=ROUNDS
    )
    largest = bench.supernet.extract(bench.supernet.space.largest())
    memory = {
        "plain": bench.memory(bench.step_of(largest), largest),
        "weight": bench.memory(bench.weight, bench.supernet),
        "alpha": bench.memory(bench.alpha, bench.supernet),
    }
    for step in ("weight", "alpha"):
        record(build, f"{step} step / plain step", times[step] / times["plain"])
        ratio = memory[step] / memory["plain"]
        record(build, f"peak memory, {step} step / plain step", ratio)
    check(RESULTS, BARS, KEPT)


@pytest.mark.parametrize("build", [conv_macro, gpt])
def test_sliced_steps(build: Callable[[], tuple[nn.Module, Tensor, Tensor]]) -> None:
    bench = Bench(build)
    space = bench.supernet.space
    middle = {name: len(choice.candidates) // 2 for name, choice in space.items()}
    for name, arch in {"largest": space.largest(), "middle": space.canonical(middle),
                       "smallest": space.smallest()}.items():  # fmt: skip
        extracted = bench.supernet.extract(arch)
        times = seconds({
            "sliced": bench.sliced(arch, update=False),
            "extracted": bench.step_of(extracted, update=False),
            "sliced update": bench.sliced(arch, update=True),
            "extracted update": bench.step_of(extracted),
        }, rounds=ROUNDS)  # fmt: skip
        record(build, f"sliced / extracted, forward and backward, {name}",
               times["sliced"] / times["extracted"])  # fmt: skip
        record(build, f"sliced / extracted, whole step, {name}",
               times["sliced update"] / times["extracted update"])  # fmt: skip


def record(build: Callable[..., object], quantity: str, ratio: float) -> None:
    RESULTS[build.__name__, quantity] = ratio


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    show(RESULTS, BARS, "steps")
