"""Search by gradient descent on a relaxed architecture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from tangle.algorithms.alpha_average import AlphaAverage
from tangle.algorithms.base import SearchAlgorithm
from tangle.algorithms.parameters import ArchParameters, strengths
from tangle.core import Architecture, Limit, Relaxation, SearchSpace, best_within

_CLOSED = 1e6
"""What a closed candidate loses in log-probability: more than any number of open ones can."""


class GradientAlgorithm(SearchAlgorithm):
    """A search that learns alphas, and turns them into architecture weights by `weigh`.

    The architecture it names best is the one that the search space decides on by the softmax of the
    alphas: where it has no rules, the largest alpha of each choice. Within limits of costs it is
    the one that comes closest to that.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
    """

    def __init__(self, space: SearchSpace, seed: int = 0) -> None:
        super().__init__(space, seed)
        self.arch_parameters = ArchParameters(space, seed)
        self.limits: tuple[Limit, ...] = ()
        self.average: AlphaAverage | None = None

    @abstractmethod
    def weigh(self, alpha: Tensor) -> Tensor:
        """Return architecture weights `[K]` that sum to one, for alphas `[K]`."""

    def sample(self) -> Sequence[Relaxation]:
        """Return one relaxed architecture: the paper's `f(alpha)` for each choice."""
        return [{name: self._weights(name, alpha) for name, alpha in self.arch_parameters.items()}]

    def _weights(self, name: str, alpha: Tensor) -> Tensor:
        """Return weights `[K]`, zero for candidates that are closed."""
        if len(self.open[name]) == len(alpha) > 1:
            return self.weigh(alpha)
        indices = torch.tensor(self.open[name], device=alpha.device)
        left = alpha[indices]
        # The last candidate has all the weight, to the last digit, whatever the algorithm; its
        # alpha still gets a gradient, of zero, so that an update of decided choices is none.
        remaining = self.weigh(left) if len(left) > 1 else 1 + 0 * left
        return torch.zeros_like(alpha).index_copy(0, indices, remaining)

    def incumbents(self) -> Mapping[str, Architecture]:
        """Return the architecture of the largest alphas; under limits, the best that keeps to them.

        That is the one of the largest product of `softmax(alpha)` over the choices. Where an
        average is kept, its alphas decide, as soon as one update has been counted in.
        """
        if self.limits:
            return {"best": best_within(self._scores(), self.limits)}
        return {"best": self.space.decide(strengths(self._deciding(), self.open))}

    def keep_average(self) -> None:
        """Let averaged alphas decide, once `update_average` has counted some in."""
        self.average = AlphaAverage(self.arch_parameters)

    def update_average(self) -> None:
        """Count the alphas of now in."""
        if self.average is not None:
            self.average.update(self.arch_parameters)

    def _deciding(self) -> Iterable[tuple[str, Tensor]]:
        """Return the alphas that decide: those of now, or their average."""
        if self.average is not None and self.average.count > 0:
            return self.average.items()
        return self.arch_parameters.items()

    def _scores(self) -> dict[str, list[float]]:
        """Return log-probabilities; closed candidates only serve where a limit leaves no other."""
        return {
            name: [
                score if index in self.open[name] else score - _CLOSED
                for index, score in enumerate(_log_probabilities(alpha))
            ]
            for name, alpha in self._deciding()
        }

    def keep_within(self, limits: Sequence[Limit]) -> None:
        """Name only a best architecture that keeps within limits of costs, from now on.

        Raises:
            ValueError: If no architecture keeps within all limits, or rules of the space tie
                choices together, which the search for the best one does not know.
        """
        if limits and self.space.rules.names:
            raise ValueError(
                f"{limits[0].name} is given, but this search space ties its choices together by "
                "rules, under which the best architecture within a budget is not searched: leave "
                "the budget out"
            )
        self.limits = tuple(limits)
        self.incumbents()

    def prune(self, count: int) -> None:
        """Close all but the `count` open candidates of the largest alphas of each choice."""
        for name, alpha in self._deciding():
            ranked = sorted(self.open[name], key=alpha.tolist().__getitem__, reverse=True)
            self.restrict(name, ranked[:count])


def _log_probabilities(alpha: Tensor) -> list[float]:
    logs: list[float] = alpha.detach().double().nan_to_num().log_softmax(0).tolist()
    return logs
