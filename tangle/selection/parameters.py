"""Architectures as parameters of Optuna's trials: the value of each choice."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tangle.core import SearchSpace

_DECIDED = (TrialState.RUNNING, TrialState.COMPLETE)


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return for each choice a categorical distribution over its candidates."""
    return {name: CategoricalDistribution(choice.candidates) for name, choice in space.items()}


def decided_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials of a study that are evaluated or being so, in the order of proposals."""
    return study.get_trials(deepcopy=False, states=_DECIDED)


def position_of(study: Study, trial: FrozenTrial) -> int:
    """Return how many trials were proposed before, not counting those that failed.

    So a killed process, which may leave half a trial behind, changes no later draw.
    """
    return sum(other.number < trial.number for other in decided_trials(study))
