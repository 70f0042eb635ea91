"""What a search space is and takes, before any training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from tangle.core import Candidate
from tangle.metrics.architecture_costs import ArchitectureCosts, Cost
from tangle.metrics.cost import count_parameters
from tangle.metrics.dry_run import DryRun
from tangle.metrics.exactness import ExactnessProof, prove_exact
from tangle.metrics.fit_proof import FitProof, prove_fit
from tangle.metrics.training_memory import (
    OptimizerFactory,
    TrainingMemory,
    held,
    optimizer_states,
)
from tangle.metrics.usage import FixedLayer, Use, choice_uses, fixed_layers
from tangle.nn import Supernet

_SECONDS, _SECONDS_ASKED = 0.7, 60.0
"""After which no further architecture is compared in its roles, unasked and asked."""
_QUICK_MACS = 50_000_000
"""Multiply-accumulates of an input up to which roles are compared unasked, in a second or so."""


@dataclass(frozen=True)
class Inspection:
    """What a search space is and takes.

    Attributes:
        network: Name of the network's class.
        cardinality: Number of distinct architectures.
        hash: Identifies the space.
        candidates: Candidates of each choice.
        uses: Where each choice is read.
        proof: What was run to show that all choices fit.
        exactness: What was compared to show that the network is the same in all roles; None if it
            was not, as of a large network.
        costs: Of three architectures; none if some choices do not fit.
        search_memory: Of a step of the search on all architectures superposed; None if that does
            not fit.
        parameters: Learned numbers of the supernet.
        fixed: Layers that no choice reaches.
        batch_size: Inputs of a training step.
        shape: Shape of one input.
        optimizer_states: Numbers that the optimizer keeps for each parameter.
        median_of: Architectures of which the median by parameters was taken.
        device: Where steps were timed.
        seconds: What the inspection took.
    """

    network: str
    cardinality: int
    hash: str
    candidates: Mapping[str, tuple[Candidate, ...]]
    uses: tuple[Use, ...]
    proof: FitProof
    exactness: ExactnessProof | None
    costs: tuple[Cost, ...]
    search_memory: TrainingMemory | None
    parameters: int
    fixed: tuple[FixedLayer, ...]
    batch_size: int
    shape: tuple[int, ...]
    optimizer_states: float
    median_of: int
    device: str
    seconds: float

    @property
    def fixed_share(self) -> float:
        """Share of the supernet's parameters that no choice reaches."""
        return sum(layer.parameters for layer in self.fixed) / max(self.parameters, 1)


def inspect_space(
    supernet: Supernet,
    example: Any,
    *,
    batch_size: int = 64,
    optimizer: OptimizerFactory = torch.optim.Adam,
    exhaustive: int = 500,
    device: torch.device | str = "cpu",
    timed: bool = True,
    with_numbers: Callable[[], Supernet] | None = None,
    compare: bool = False,
) -> Inspection:
    """Return what the space of a supernet is and takes, without training it.

    Args:
        supernet: The supernet, which is left as it is; its tensors may be on the meta device.
        example: One input `[1, ...]`.
        batch_size: Inputs of a training step.
        optimizer: What makes the optimizer of the weights.
        exhaustive: Number of architectures up to which each of them is run.
        device: Where steps are timed.
        timed: Whether they are.
        with_numbers: Makes the supernet whose roles are compared; without it they are not.
        compare: Whether they are compared however large the network is.
    """
    start = time.perf_counter()
    space, states = supernet.space, optimizer_states(optimizer)
    run = DryRun(supernet, example, batch_size)
    proof = prove_fit(supernet, run, exhaustive=exhaustive)
    costs: list[Cost] = []
    search_memory, median_of, exactness = None, 0, None
    if proof.fits:
        meter = ArchitectureCosts(supernet, run, batch_size, states)
        chosen, median_of = meter.chosen()
        costs = [meter.of(name, arch) for name, arch in chosen.items()]
        search_memory = held(run.supernet, states, proof.superposed_activations)
        if timed:
            costs = meter.timed(costs, optimizer, torch.device(device))
        if with_numbers is not None and (compare or costs[-1].macs <= _QUICK_MACS):
            with _threads(torch.get_num_threads() if compare else 1):
                budget = _SECONDS_ASKED if compare else _SECONDS
                exactness = prove_exact(with_numbers(), example, budget=budget)
    return Inspection(
        network=type(supernet.net).__name__, cardinality=space.cardinality, hash=space.hash,
        candidates={name: choice.candidates for name, choice in space.items()},
        uses=tuple(choice_uses(supernet)), proof=proof, exactness=exactness, costs=tuple(costs),
        search_memory=search_memory, parameters=count_parameters(supernet),
        fixed=tuple(fixed_layers(supernet)), batch_size=batch_size,
        shape=tuple(getattr(example, "shape", ())[1:]), optimizer_states=states,
        median_of=median_of, device=str(device), seconds=time.perf_counter() - start,
    )  # fmt: skip


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Compute in so many threads.

    For a small network one is as quick, and ten times as quick where others use the machine, as
    threads wait for each other after every operation.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
