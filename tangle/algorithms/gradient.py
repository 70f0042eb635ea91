"""Search by gradient descent on a relaxed architecture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from torch import Tensor

from tangle.algorithms.base import SearchAlgorithm
from tangle.algorithms.parameters import ArchParameters
from tangle.core import Architecture, Relaxation, SearchSpace


class GradientAlgorithm(SearchAlgorithm):
    """A search that learns alphas, and turns them into architecture weights by `weigh`.

    The architecture it names best takes the largest alpha of each choice.

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
        return [{name: self.weigh(alpha) for name, alpha in self.arch_parameters.items()}]

    def incumbents(self) -> Mapping[str, Architecture]:
        """Return the architecture of the largest alphas."""
        return {"best": self.space.canonical(self.arch_parameters.argmax())}
