"""A check that a network is the same superposed, sliced and extracted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tangle.core import Architecture, Candidate
from tangle.core.covering import covering
from tangle.metrics.exact_trial import LIMITS, ExactTrial, Role
from tangle.nn import Supernet

_SUPERPOSED = (
    "Superposed, what a smaller width leaves out is zero instead of absent, so along a width that "
    "varies nothing may be concatenated, split or reordered (give each part a layer of its own, and "
    "add what they return), and nothing computed over it but by layers of tangle.nn, as LayerNorm, "
    "RMSNorm, GroupNorm and AttentionScale"
)
_EXTRACTED = (
    "An extracted network has layers of torch: read varying sizes off tensors, not off layers, and "
    "call nothing of a layer that torch's does not have"
)
_SLICED = "Let sizes that meet follow the same choices, and read those that vary off tensors"


@dataclass(frozen=True)
class Inexactness:
    """An architecture of which one network is superposed or extracted another than sliced.

    Attributes:
        values: The choices that cause it with their values, as few as do; none of them if it is
            so for the largest architecture.
        role: Which one differs from the sliced network; `sliced` if that does not run itself.
        training: Whether it is so in training mode only.
        error: Largest difference of outputs relative to the largest output; infinite if one does
            not run, or their shapes differ.
        where: Where they part, or what the network that does not run said.
    """

    values: Mapping[str, Candidate]
    role: Role
    training: bool
    error: float
    where: str

    def __str__(self) -> str:
        cause = " with ".join(f"{name}={value}" for name, value in self.values.items())
        at = f"At {cause or 'the largest architecture'}{', in training,' * self.training}"
        if self.role == "sliced":
            return f"{at} the network does not run: {self.where}. {_SLICED}"
        size = f" ({self.error:.0%} of the largest output)" if math.isfinite(self.error) else ""
        remedy = _SUPERPOSED if self.role == "superposed" else _EXTRACTED
        return (
            f"{at} the {self.role} network computes something else than the sliced one{size}: "
            f"{self.where}. {remedy}"
        )


def check_exact(supernet: Supernet, inputs: Any) -> None:
    """Check that a network is the same superposed at a one-hot architecture, sliced and extracted.

    This makes a model a search space: what a search learns about an architecture in the
    superposition then holds for the network that comes of it.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs.

    Raises:
        ValueError: If it is not the same; names the choices, the place and what to do.
    """
    if (found := find_inexactness(supernet, inputs)) is not None:
        raise ValueError(str(found))


@torch.no_grad()
def find_inexactness(supernet: Supernet, inputs: Any) -> Inexactness | None:
    """Return where a network is not the same superposed, sliced and extracted; None if it is.

    A copy of it runs on the CPU, in double precision if it can, at architectures that hold every
    candidate, in evaluation and in training mode. Outputs that are random, as with dropout, or
    without tensors are not compared, nor is a network that can't run at its largest.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs, of which a few are taken.
    """
    with torch.random.fork_rng([]):
        for dtype in LIMITS:
            trial = ExactTrial(supernet, inputs, dtype)
            trial.supernet.eval()
            if not isinstance(trial.output("sliced", supernet.space.largest()), Exception):
                return _search(trial)
    return None


def _search(trial: ExactTrial) -> Inexactness | None:
    space = trial.supernet.space
    found = covering(space, ())
    assert found is not None  # there is no limit
    for training in (False, True):
        trial.supernet.train(training)
        if trial.is_random(space.largest()):
            continue
        for arch in (space.smallest(), *found.architectures, space.largest()):
            for role in ("superposed", "extracted"):
                if trial.error(role, arch) > trial.limit:
                    return _explained(trial, role, arch, training=training)
    return None


def _explained(
    trial: ExactTrial, role: Role, arch: Architecture, *, training: bool
) -> Inexactness:
    space = trial.supernet.space
    largest, current = space.largest(), dict(arch)
    for name in arch:
        closer = {**current, name: largest[name]}
        if closer != current and trial.error(role, closer) > trial.limit:
            current = closer
    values = {
        name: space[name].candidates[index]
        for name, index in current.items()
        if index != largest[name]
    }
    for failing in ("sliced", role):
        if isinstance(error := trial.output(failing, current), Exception):
            text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            where = f"{trial.failing(failing, current)} says: {text}"
            return Inexactness(values, failing, training, math.inf, where)
    error = trial.error(role, current)
    where = trial.parting(current) if role == "superposed" else "its forward is another one"
    return Inexactness(values, role, training, error, where)
