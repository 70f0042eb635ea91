"""Proposals that are worth a trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from tangle.core import Architecture, Candidate, SearchSpace
from tangle.selection.budget import Budget
from tangle.selection.parameters import decided_trials
from tangle.selection.samplers import SamplerMaker
from tangle.selection.whole_sampler import WholeSampler

_PROPOSALS = 100
"""Proposals of the sampler, and then of chance, before the space is looked through."""
_PATIENCE = 10
"""Proposals that may exceed the budget before they are made to fit."""
_LISTED = 20_000
"""Architectures of the largest space that is looked through."""

Key = tuple[Candidate, ...]


class Proposals(WholeSampler):
    """Asks another sampler until its architecture is new to the study and within the budget.

    Architectures are canonical, so networks that differ in choices without effect are one. When
    the sampler has nothing new to propose, as at the end of a small space, chance does; so a study
    goes on until it is complete, or the space is exhausted.

    Args:
        make: Makes the sampler of a trial.
        space: The search space.
        budget: What architectures may cost.
        seed: Seed of the draws that stand in for the sampler's.
    """

    def __init__(
        self, make: SamplerMaker, space: SearchSpace, budget: Budget, *, seed: int = 0
    ) -> None:
        super().__init__(space)
        self.make = make
        self.budget = budget
        self.seed = seed
        self._keys: dict[int, Key] = {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the values of an architecture that the study has not met.

        Raises:
            LookupError: If there is none left within the budget.
        """
        before = [other for other in decided_trials(study) if other.number < trial.number]
        seen = {self._key_of(other) for other in before}
        sampler, rng = self.make(len(before)), Random(f"{self.seed}/{len(before)}")
        for attempt in range(_PROPOSALS):
            arch = self._propose(sampler, study, trial.number)
            if attempt >= _PATIENCE:
                arch = self.budget.fit(arch, rng)
            if self._key(arch) not in seen and self.budget.allows(arch):
                return self.space.describe(arch)
        return self.space.describe(self._any(seen, rng))

    def _propose(self, sampler: BaseSampler, study: Study, number: int) -> dict[str, int]:
        # Taken anew each time, as NSGA-II notes in the trial which generation it belongs to.
        trial = study.get_trials(deepcopy=False)[number]
        space = sampler.infer_relative_search_space(study, trial)
        values: Mapping[str, Any] = sampler.sample_relative(study, trial, space)
        return self.space.parse({
            name: values[name]
            if name in values
            else sampler.sample_independent(study, trial, name, distribution)
            for name, distribution in self.distributions.items()
        })  # fmt: skip

    def _any(self, seen: set[Key], rng: Random) -> Architecture:
        """Return a random architecture that is new, or else one of those that are left."""
        for _ in range(_PROPOSALS):
            arch = self.budget.fit(self.space.sample(rng), rng)
            if self._key(arch) not in seen:
                return arch
        left: list[Architecture]
        if self.space.cardinality <= _LISTED:
            left = list(self.space.enumerate())
            rng.shuffle(left)
        else:
            left = list(islice(self._neighbours(seen, rng), _LISTED))
        for other in left:
            if self._key(other) not in seen and self.budget.allows(other):
                return other
        raise LookupError(_exhausted(self.space, len(seen)))

    def _neighbours(self, seen: set[Key], rng: Random) -> Iterator[dict[str, int]]:
        """Yield what differs in one choice from an architecture that the study has met."""
        keys = sorted(seen, key=str)  # the order of a set is another in each process
        rng.shuffle(keys)
        for key in keys:
            arch = self.space.parse(dict(zip(self.space, key, strict=True)))
            for name, choice in self.space.items():
                for index in range(len(choice.candidates)):
                    yield self.space.canonical({**arch, name: index})

    def _key(self, arch: Architecture) -> Key:
        return tuple(self.space.describe(arch).values())

    def _key_of(self, trial: FrozenTrial) -> Key:
        if trial.number not in self._keys:
            self._keys[trial.number] = tuple(trial.params[name] for name in self.space)
        return self._keys[trial.number]


def _exhausted(space: SearchSpace, count: int) -> str:
    if space.cardinality <= _LISTED:
        return f"All {count:,} architectures within the budget are evaluated"
    return f"No further architecture within the budget was found, after {count:,}"
