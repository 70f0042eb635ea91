"""A sampler that proposes only what is worth a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tangle.core import Architecture, SearchSpace
from tangle.selection.parameters import distributions, is_of, key, to_architecture, to_parameters

IsFeasible = Callable[[Architecture], bool]
_PROPOSALS = 20
"""Proposals of the inner sampler, then of uniform draws, before the space is looked through."""
_LISTED = 200_000
"""Largest space that is looked through for what is left."""


class UnseenSampler(BaseSampler):
    """Lets another sampler propose until the architecture is feasible and new to the study.

    Proposals become canonical, so that networks which differ in inactive choices only count as one.
    When the inner sampler has no new one, uniform draws stand in for it, then what is left of a
    small space, then, for a budget that few random architectures keep, ones that are made smaller
    choice by choice.

    Args:
        inner: Proposes architectures.
        space: The search space.
        seed: Seed of the draws that stand in for the inner sampler.
        is_feasible: Whether an architecture may be evaluated; None for all of them.
    """

    def __init__(
        self,
        inner: BaseSampler,
        space: SearchSpace,
        seed: int = 0,
        is_feasible: IsFeasible | None = None,
    ) -> None:
        self.inner = inner
        self.space = space
        self.seed = seed
        self.is_feasible = is_feasible or (lambda arch: True)
        self._distributions = distributions(space)

    def reseed_rng(self) -> None:
        """Do nothing: one process runs one study."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all choices: they are drawn together."""
        return self._distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the values of an architecture that the study has not met.

        Raises:
            LookupError: If there is none left.
        """
        seen = seen_architectures(study, self.space, but=trial.number)
        for _ in range(_PROPOSALS):
            arch = self._propose(study, trial)
            if key(arch, self.space) not in seen and self.is_feasible(arch):
                return to_parameters(arch, self.space)
        return to_parameters(self._any(seen, trial.number), self.space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Let the inner sampler draw a parameter that is not a choice of the space."""
        return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tell the inner sampler."""
        self.inner.before_trial(study, trial)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Tell the inner sampler."""
        self.inner.after_trial(study, trial, state, values)

    def _propose(self, study: Study, trial: FrozenTrial) -> dict[str, int]:
        relative = self.inner.infer_relative_search_space(study, trial)
        values: Mapping[str, Any] = self.inner.sample_relative(study, trial, relative)
        drawn = {
            name: values[name]
            if name in values
            else self.inner.sample_independent(study, trial, name, distribution)
            for name, distribution in self._distributions.items()
        }
        return to_architecture(drawn, self.space)

    def _any(self, seen: set[tuple[int, ...]], number: int) -> dict[str, int]:
        rng = Random(f"{self.seed}/{number}")
        for _ in range(_PROPOSALS):
            arch = self.space.sample(rng)
            if key(arch, self.space) not in seen and self.is_feasible(arch):
                return arch
        if self.space.cardinality <= _LISTED:
            left = [
                arch
                for arch in self.space.enumerate()
                if key(arch, self.space) not in seen and self.is_feasible(arch)
            ]
            if left:
                return rng.choice(left)
            raise LookupError("every feasible architecture of the space has been evaluated")
        for _ in range(_PROPOSALS):
            arch = self._shrink(self.space.sample(rng), rng)
            if key(arch, self.space) not in seen and self.is_feasible(arch):
                return arch
        raise LookupError("no further architecture within the budget was found")

    def _shrink(self, arch: dict[str, int], rng: Random) -> dict[str, int]:
        """Return the architecture with choices made smaller, in random order, until feasible."""
        names = list(self.space)
        while not self.is_feasible(arch):
            rng.shuffle(names)
            for name in names:
                order = self.space[name].order()
                position = order.index(arch[name])
                if position > 0:
                    arch = self.space.canonical({**arch, name: order[position - 1]})
                    break
            else:
                return arch
        return arch


def seen_architectures(
    study: Study, space: SearchSpace, *, but: int | None = None
) -> set[tuple[int, ...]]:
    """Return the architectures that are evaluated, or being evaluated, as `key` gives them.

    Args:
        study: The study.
        space: The search space.
        but: Number of a trial to leave out.
    """
    states = (TrialState.COMPLETE, TrialState.RUNNING, TrialState.WAITING)
    return {
        key(to_architecture(trial.params, space), space)
        for trial in study.get_trials(deepcopy=False, states=states)
        if trial.number != but and is_of(trial, space)
    }
