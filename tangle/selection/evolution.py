"""Evolutionary search over architectures."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tangle.core import Architecture, SearchSpace
from tangle.selection.evolution_settings import EvolutionSettings
from tangle.selection.parameters import decided_trials, position_of
from tangle.selection.whole_sampler import WholeSampler

_PAIRINGS = 50
"""Draws of two parents until they have the same depth; AutoFormer's number."""
_ATTEMPTS = 10
"""Mutants or crossings to try for each one that is wanted; AutoFormer's number."""


class EvolutionSampler(WholeSampler):
    """Mutants and crossings of the best architectures so far, as an Optuna sampler.

    This is the search of SPOS (Guo et al., ECCV 2020) as AutoFormer (Chen et al., ICCV 2021) does
    it. A generation is made of mutants, crossings and random architectures, in this order; parents
    are drawn from the best of all generations before. A choice that does not matter to a parent,
    such as the width of a layer beyond its depth, is drawn at random where it matters to the
    child. What a trial proposes follows from the seed, the trials before it and how often it was
    asked: so a study may be interrupted, and ends no earlier than its space.

    Args:
        space: The search space.
        settings: Sizes and probabilities.
        seed: Seed of all draws.

    Raises:
        ValueError: If the settings name a choice that the space has not.
    """

    def __init__(
        self, space: SearchSpace, settings: EvolutionSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space)
        self.settings = settings or EvolutionSettings()
        self.seed = seed
        self._structural = self.settings.structural_in(space)
        self._asked = (-1, 0)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the values of an architecture; of another one if asked again for a trial."""
        number, attempt = self._asked
        attempt = attempt + 1 if number == trial.number else 0
        self._asked = trial.number, attempt
        position = position_of(study, trial)
        rng = Random(f"{self.seed}/{position}/{attempt}")
        return self.space.describe(self._member(study, position, attempt, rng))

    def _member(self, study: Study, position: int, attempt: int, rng: Random) -> dict[str, int]:
        generation, place = divmod(position, self.settings.population)
        parents = self._parents(study, generation * self.settings.population)
        mutants, crossovers = self.settings.num_mutants, self.settings.num_crossovers
        if not parents or place >= mutants + crossovers or attempt >= _ATTEMPTS:
            return self.space.sample(rng)
        if place < mutants:
            return self._mutant(rng.choice(parents), rng)
        return self._crossing(*self._pair(parents, rng), rng)

    def _parents(self, study: Study, count: int) -> list[Architecture]:
        """Return the best of the first trials of a study, the best first."""
        if count == 0:
            return []
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        before = decided_trials(study)[:count]
        finished = [trial for trial in before if trial.state == TrialState.COMPLETE]
        ranked = sorted(finished, key=lambda trial: (sign * float(trial.value or 0), trial.number))
        return [self.space.parse(trial.params) for trial in ranked[: self.settings.select]]

    def _mutant(self, parent: Architecture, rng: Random) -> dict[str, int]:
        active = self.space.active(parent)
        child = {}
        for name, choice in self.space.items():
            probability = self.settings.mutation
            if name in self._structural:
                probability = self.settings.structural_mutation
            drawn = name not in active or rng.random() < probability
            child[name] = rng.randrange(len(choice.candidates)) if drawn else parent[name]
        return self.space.canonical(child)

    def _pair(
        self, parents: Sequence[Architecture], rng: Random
    ) -> tuple[Architecture, Architecture]:
        """Return two parents with the same active choices, if chance allows."""
        for _ in range(_PAIRINGS):
            first, second = rng.choice(parents), rng.choice(parents)
            if self.space.active(first) == self.space.active(second):
                break
        return first, second

    def _crossing(self, first: Architecture, second: Architecture, rng: Random) -> dict[str, int]:
        active = [(parent, self.space.active(parent)) for parent in (first, second)]
        child = {}
        for name, choice in self.space.items():
            given = [parent[name] for parent, names in active if name in names]
            child[name] = rng.choice(given or range(len(choice.candidates)))
        return self.space.canonical(child)
