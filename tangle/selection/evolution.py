"""Evolutionary search over architectures, as an Optuna sampler."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tangle.core import SearchSpace
from tangle.selection.parameters import distributions, is_of, to_architecture, to_parameters

_PAIRINGS = 50
"""Tries for two parents that decide the same choices."""


class EvolutionSampler(BaseSampler):
    """Mutants and crossings of the best architectures so far (SPOS, AutoFormer; one objective).

    The first `population` architectures are random. Each later generation is as large: `mutants` of
    parents drawn from the `select` best so far, `crossovers` of two of them, the rest random. What
    a generation is follows from the finished trials alone, so a study can be interrupted, resumed
    and shared. A choice that a parent leaves open, such as the width of a layer that it has not, is
    drawn at random; two parents are drawn anew, up to 50 times, until they decide the same choices.

    Args:
        space: The search space.
        population: Architectures in a generation.
        select: Best architectures from which parents are drawn.
        mutants: Mutants in a generation.
        crossovers: Crossings in a generation.
        mutation: Probability that a choice of a mutant is drawn anew.
        structural_mutation: The same for choices on which others depend, such as depth.
        seed: Seed of all draws.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        population: int = 50,
        select: int = 10,
        mutants: int = 25,
        crossovers: int = 25,
        mutation: float = 0.2,
        structural_mutation: float = 0.4,
        seed: int = 0,
    ) -> None:
        for name, value in (("mutation", mutation), ("structural_mutation", structural_mutation)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}: a probability must be in [0, 1]")
        if population < 1 or select < 1 or mutants < 0 or crossovers < 0:
            raise ValueError(
                f"population {population} and select {select} must be at least 1, mutants "
                f"{mutants} and crossovers {crossovers} at least 0"
            )
        if mutants + crossovers > population:
            raise ValueError(
                f"{mutants} mutants and {crossovers} crossovers are more than the population of "
                f"{population}: make it larger, or them fewer"
            )
        self.space = space
        self.population = population
        self.select = select
        self.mutants = mutants
        self.crossovers = crossovers
        self.mutation = mutation
        self.structural_mutation = structural_mutation
        self.seed = seed
        self._distributions = distributions(space)
        self._proposals: dict[int, int] = {}

    def reseed_rng(self) -> None:
        """Do nothing: a draw follows from seed, trial and count of proposals."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all choices: they are drawn together."""
        return self._distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the values of the next architecture; asked again for a trial, of another one."""
        again = self._proposals.get(trial.number, 0)
        self._proposals = {trial.number: again + 1}
        rng = Random(f"{self.seed}/{trial.number}/{again}")
        position = self._position(study, trial)
        parents = self._parents(study, position // self.population)
        place = position % self.population
        if not parents or place >= self.mutants + self.crossovers:
            return to_parameters(self.space.sample(rng), self.space)
        make = self._mutant if place < self.mutants else self._crossing
        return to_parameters(make(parents, rng), self.space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Refuse: all parameters are choices of the space.

        Raises:
            LookupError: Always.
        """
        raise LookupError(f"{param_name!r} is no choice of the search space")

    def _position(self, study: Study, trial: FrozenTrial) -> int:
        """Return how many trials came before, without those that failed."""
        counted = (TrialState.COMPLETE, TrialState.RUNNING, TrialState.WAITING)
        trials = study.get_trials(deepcopy=False, states=counted)
        return sum(other.number < trial.number for other in trials)

    def _parents(self, study: Study, generation: int) -> list[dict[str, int]]:
        """Return the best architectures of the generations before, the best first."""
        if generation == 0:
            return []
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        before = [t for t in trials if is_of(t, self.space)][: generation * self.population]
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        ranked = sorted(before, key=lambda trial: (sign * (trial.value or 0.0), trial.number))
        return [to_architecture(trial.params, self.space) for trial in ranked[: self.select]]

    def _mutant(self, parents: Sequence[dict[str, int]], rng: Random) -> dict[str, int]:
        parent = rng.choice(parents)
        decided = self.space.active(parent)
        child = {}
        for name, choice in self.space.items():
            structural = name in self.space.structural
            probability = self.structural_mutation if structural else self.mutation
            keeps = name in decided and rng.random() >= probability
            child[name] = parent[name] if keeps else rng.randrange(len(choice.candidates))
        return self.space.canonical(child)

    def _crossing(self, parents: Sequence[dict[str, int]], rng: Random) -> dict[str, int]:
        for _ in range(_PAIRINGS):
            pair = rng.choice(parents), rng.choice(parents)
            decided = [self.space.active(parent) for parent in pair]
            if decided[0] == decided[1]:
                break
        child = {}
        for name, choice in self.space.items():
            values = [p[name] for p, names in zip(pair, decided, strict=True) if name in names]
            child[name] = rng.choice(values or range(len(choice.candidates)))
        return self.space.canonical(child)
