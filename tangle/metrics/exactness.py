"""A check that a network is the same superposed, sliced and extracted."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from tangle.core.covering import covering
from tangle.metrics.exact_trial import LIMITS, ExactTrial, Role
from tangle.metrics.inexactness import Inexactness, explained
from tangle.nn import Supernet


@dataclass(frozen=True)
class ExactnessProof:
    """What was compared to show that a network is the same superposed, sliced and extracted.

    Attributes:
        architectures: Number of architectures that were compared; 0 if outputs are random, hold no
            tensors, or the network runs in no precision.
        modes: The modes in which they were.
        inexactness: Where it is not the same.
    """

    architectures: int
    modes: tuple[str, ...]
    inexactness: Inexactness | None


def check_exact(
    supernet: Supernet,
    inputs: Any,
    *,
    roles: Sequence[Role] = ("superposed", "extracted"),
    training: bool = True,
    budget: float = math.inf,
) -> None:
    """Check that a network is the same superposed at a one-hot architecture, sliced and extracted.

    This makes a model a search space: what a search learns about an architecture in the
    superposition then holds for the network that comes of it.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs.
        roles: What is compared with the sliced network.
        training: Whether they are compared in training mode too.
        budget: Seconds after which no further architecture is looked at.

    Raises:
        ValueError: If it is not the same; names the choices, the place and what to do.
    """
    proof = prove_exact(supernet, inputs, roles=roles, training=training, budget=budget)
    if proof.inexactness is not None:
        raise ValueError(str(proof.inexactness))


@torch.no_grad()
def prove_exact(
    supernet: Supernet,
    inputs: Any,
    *,
    roles: Sequence[Role] = ("superposed", "extracted"),
    training: bool = True,
    budget: float = math.inf,
) -> ExactnessProof:
    """Compare a network superposed at one-hot architectures, sliced and extracted.

    A copy of it runs on the CPU, in double precision if it can, at architectures that hold every
    candidate, in evaluation mode and then in training mode. Outputs that are random, as with
    dropout, are not compared, nor is a network that can't run at its largest.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs, of which a few are taken.
        roles: What is compared with the sliced network.
        training: Whether they are compared in training mode too.
        budget: Seconds after which no further architecture is looked at.
    """
    end = time.perf_counter() + budget
    with _own_random_numbers():
        for dtype in LIMITS:
            trial = ExactTrial(supernet, inputs, dtype)
            trial.supernet.eval()
            outputs = trial.output("sliced", supernet.space.largest())
            if isinstance(outputs, list) and outputs:
                return _compared(trial, roles, (False, True) if training else (False,), end)
    return ExactnessProof(0, (), None)


def _compared(
    trial: ExactTrial, roles: Sequence[Role], modes: Sequence[bool], end: float
) -> ExactnessProof:
    found = covering(trial.supernet.space, ())
    assert found is not None  # there is no limit
    some = [trial.supernet.space.smallest(), *found.architectures]
    compared: dict[str, int] = {}
    for training in modes:
        trial.supernet.train(training)
        mode = "training" if training else "evaluation"
        for number, arch in enumerate(some, start=1):
            if compared and time.perf_counter() > end:
                break
            compared[mode] = number
            wrong = [r for r, error in trial.errors(roles, arch).items() if error > trial.limit]
            if wrong and trial.is_random(arch):
                del compared[mode]
                break
            if wrong:
                inexact = explained(trial, wrong[0], arch, training=training)
                return ExactnessProof(number, tuple(compared), inexact)
    return ExactnessProof(max(compared.values(), default=0), tuple(compared), None)


@contextmanager
def _own_random_numbers() -> Iterator[None]:
    """Leave the random numbers of others as they are: of torch on the CPU, and of Python."""
    state = random.getstate()
    try:
        with torch.random.fork_rng([]):
            yield
    finally:
        random.setstate(state)
