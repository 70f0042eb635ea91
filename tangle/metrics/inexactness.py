"""What tells a user that a network is superposed or extracted another than sliced."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tangle.core import Architecture, Candidate
from tangle.metrics.exact_trial import ExactTrial, Role

_SUPERPOSED = (
    "Superposed, what a smaller width leaves out is zero instead of absent. So along a width that "
    "varies concatenate, split and reorder nothing (give each part a layer of its own, and add "
    "what they return), and leave statistics over it to LayerNorm, RMSNorm, GroupNorm and "
    "AttentionScale of tangle.nn. An algorithm of single architectures, as SPOS, needs no "
    "superposition"
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
        error: Largest difference of outputs relative to the largest output; None if one does not
            run, or their shapes differ.
        where: Where they part, or what the network that does not run said.
    """

    values: Mapping[str, Candidate]
    role: Role
    training: bool
    error: float | None
    where: str

    def __str__(self) -> str:
        cause = " with ".join(f"{name}={value}" for name, value in self.values.items())
        at = f"At {cause or 'the largest architecture'}{', in training,' * self.training}"
        if self.role == "sliced":
            return f"{at} the network does not run: {self.where}. {_SLICED}"
        size = "" if self.error is None else f" ({self.error:.1g} of the largest output)"
        remedy = _SUPERPOSED if self.role == "superposed" else _EXTRACTED
        return (
            f"{at} the {self.role} network computes something else than the sliced one{size}: "
            f"{self.where}. {remedy}"
        )


def explained(trial: ExactTrial, role: Role, arch: Architecture, *, training: bool) -> Inexactness:
    """Return what is known of an inexactness, at an architecture as close to the largest as can be.

    Args:
        trial: Runs the network.
        role: What differs from the sliced network.
        arch: An architecture at which it does.
        training: Whether that is in training mode.
    """
    space = trial.supernet.space
    largest, current = space.largest(), dict(arch)
    for name in arch:
        closer = {**current, name: largest[name]}
        if closer != current and trial.errors([role], closer)[role] > trial.limit:
            current = closer
    values = {
        name: space[name].candidates[index]
        for name, index in current.items()
        if index != largest[name]
    }
    ways: tuple[Role, ...] = ("sliced", role)
    for way in ways:
        if isinstance(reason := trial.output(way, current), Exception):
            text = " ".join(str(reason).split()).rstrip(".") or type(reason).__name__
            where = f"{trial.failing(way, current)} says: {text}"
            return Inexactness(values, way, training, None, where)
    where = trial.parting(current) if role == "superposed" else "its forward is another one"
    error = trial.errors([role], current)[role]
    return Inexactness(values, role, training, error if math.isfinite(error) else None, where)
