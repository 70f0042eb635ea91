"""What samplers share that draw an architecture as a whole."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from tangle.core import SearchSpace
from tangle.selection.parameters import distributions


class WholeSampler(BaseSampler):
    """Draws all choices of an architecture together, in `sample_relative`.

    Args:
        space: The search space.

    Attributes:
        distributions: Each choice's candidates.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.distributions = distributions(space)

    def reseed_rng(self) -> None:
        """Do nothing: draws follow from seed and trial."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all choices."""
        return self.distributions

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Refuse a parameter that is no choice of the space.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            f"{param_name!r} is no choice of the search space, which has {', '.join(self.space)}"
        )
