"""A check that a network is the same superposed, sliced and extracted."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
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
    budget: float = math.inf,
) -> None:
    """Check that a network is the same superposed at a one-hot architecture, sliced and extracted.

    This makes a model a search space: what a search learns about an architecture in the
    superposition then holds for the network that comes of it.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs.
        roles: What is compared with the sliced network.
        budget: Seconds after which no further architecture is looked at.

    Raises:
        ValueError: If it is not the same; names the choices, the place and what to do.
    """
    proof = prove_exact(supernet, inputs, roles=roles, budget=budget)
    if proof.inexactness is not None:
        raise ValueError(str(proof.inexactness))


@torch.no_grad()
def prove_exact(
    supernet: Supernet,
    inputs: Any,
    *,
    roles: Sequence[Role] = ("superposed", "extracted"),
    budget: float = math.inf,
) -> ExactnessProof:
    """Compare a network superposed at one-hot architectures, sliced and extracted.

    A copy of it runs on the CPU, in double precision if it can, at architectures that hold every
    candidate, in evaluation and in training mode. Outputs that are random, as with dropout, are not
    compared, nor is a network that can't run at its largest.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs, of which a few are taken.
        roles: What is compared with the sliced network.
        budget: Seconds after which no further architecture is looked at.
    """
    end = time.perf_counter() + budget
    with torch.random.fork_rng([]):
        for dtype in LIMITS:
            trial = ExactTrial(supernet, inputs, dtype)
            trial.supernet.eval()
            outputs = trial.output("sliced", supernet.space.largest())
            if isinstance(outputs, list) and outputs:
                return _compared(trial, roles, end)
    return ExactnessProof(0, (), None)


def _compared(trial: ExactTrial, roles: Sequence[Role], end: float) -> ExactnessProof:
    space = trial.supernet.space
    found = covering(space, ())
    assert found is not None  # there is no limit
    some = [space.smallest(), *found.architectures]
    compared, modes = 0, []
    for training in (False, True):
        trial.supernet.train(training)
        if trial.is_random(space.largest()):
            continue
        modes.append("training" if training else "evaluation")
        for number, arch in enumerate(some, start=1):
            if compared and time.perf_counter() > end:
                break
            compared = max(compared, number)
            for role, error in trial.errors(roles, arch).items():
                if error > trial.limit:
                    inexact = explained(trial, role, arch, training=training)
                    return ExactnessProof(compared, tuple(modes), inexact)
    return ExactnessProof(compared, tuple(modes), None)
