"""The samplers of a second stage, by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler

from tangle.core import SearchSpace
from tangle.selection.evolution import EvolutionSampler
from tangle.selection.evolution_settings import EvolutionSettings
from tangle.selection.objective import Objective

SAMPLERS = ("random", "evolution", "nsga2", "tpe")
"""Names of the samplers."""
SamplerMaker = Callable[[int], BaseSampler]
"""Makes the sampler of a trial, from how many trials came before it."""


def sampler_maker(
    name: str, space: SearchSpace, *, seed: int = 0, evolution: EvolutionSettings | None = None
) -> SamplerMaker:
    """Return what makes the sampler of each trial.

    A trial has a sampler of its own, seeded by its position: so a study that goes on after a kill
    proposes what it would have proposed.

    Args:
        name: One of `SAMPLERS`. `random`, `nsga2` (NSGA-II, Deb et al., 2002) and `tpe`
            (tree-structured Parzen estimator, Bergstra et al., 2011) are Optuna's own.
        space: The search space.
        seed: Seed of all draws.
        evolution: Settings of `evolution`, and of the population of `nsga2`.

    Raises:
        ValueError: If there is no sampler of the name.
    """
    if name not in SAMPLERS:
        raise ValueError(f"There is no sampler {name!r}: choose one of {', '.join(SAMPLERS)}")
    settings = evolution or EvolutionSettings()
    if name == "evolution":
        sampler = EvolutionSampler(space, settings, seed=seed)
        return lambda position: sampler
    if name == "random":
        return lambda position: RandomSampler(_seed(seed, position))
    if name == "nsga2":
        return lambda position: NSGAIISampler(
            population_size=max(2, settings.population), seed=_seed(seed, position)
        )
    return lambda position: TPESampler(seed=_seed(seed, position), constant_liar=True)


def sampler_record(name: str, evolution: EvolutionSettings | None) -> dict[str, Any]:
    """Return those settings that a sampler follows, as plain values."""
    settings = evolution or EvolutionSettings()
    if name == "nsga2":
        return {"population": settings.population}
    return settings.plain() if name == "evolution" else {}


def check_objectives(objectives: Sequence[Objective], sampler: str) -> None:
    """Check that a sampler can follow objectives.

    Raises:
        ValueError: If there are none, one is given twice, or they are too many.
    """
    names = [objective.name for objective in objectives]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"objectives is {names}: name at least one, and each once")
    if sampler == "evolution" and len(names) > 1:
        raise ValueError(
            f"The sampler evolution follows one objective, but there are {len(names)} "
            f"({', '.join(names)}): choose nsga2, or leave all but one out"
        )


def _seed(seed: int, position: int) -> int:
    """Return a seed of 32 bits, which is what Optuna takes."""
    digest = hashlib.blake2b(f"{seed}/{position}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
