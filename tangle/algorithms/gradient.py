"""Search by gradient descent on a relaxed architecture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from tangle.algorithms.base import SearchAlgorithm
from tangle.algorithms.parameters import ArchParameters
from tangle.core import Architecture, Relaxation, SearchSpace


class GradientAlgorithm(SearchAlgorithm):
    """A search that learns alphas, and turns them into architecture weights by `weigh`.

    The architecture it names best is the one that the search space decides on by the softmax of the
    alphas: where it has no rules, the largest alpha of each choice.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
    """

    def __init__(self, space: SearchSpace, seed: int = 0) -> None:
        super().__init__(space, seed)
        self.arch_parameters = ArchParameters(space, seed)

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
        """Return the architecture of the largest alphas."""
        return {"best": self.space.decide(self.arch_parameters.strengths(self.open))}

    def prune(self, count: int) -> None:
        """Close all but the `count` open candidates of the largest alphas of each choice."""
        for name, alpha in self.arch_parameters.items():
            ranked = sorted(self.open[name], key=alpha.tolist().__getitem__, reverse=True)
            self.restrict(name, ranked[:count])
