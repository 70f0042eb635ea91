"""Architectures as Optuna's parameters: for each choice the value, not the index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from tangle.core import Architecture, SearchSpace


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return a categorical distribution of each choice's candidates."""
    return {name: CategoricalDistribution(choice.candidates) for name, choice in space.items()}


def to_parameters(arch: Architecture, space: SearchSpace) -> dict[str, Any]:
    """Return the values of an architecture, inactive choices at their first candidate."""
    return space.describe(arch)


def to_architecture(parameters: Mapping[str, Any], space: SearchSpace) -> dict[str, int]:
    """Return the canonical architecture of given values."""
    return space.parse(parameters)


def key(arch: Architecture, space: SearchSpace) -> tuple[int, ...]:
    """Return what equal networks have in common."""
    canonical = space.canonical(arch)
    return tuple(canonical[name] for name in space)


def is_of(trial: FrozenTrial, space: SearchSpace) -> bool:
    """Return whether a trial's parameters are complete: a killed process may leave some out."""
    return trial.params.keys() == set(space)
