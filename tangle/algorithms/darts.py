"""Differentiable architecture search."""

from typing import Literal

from torch import Tensor

from tangle.algorithms.gradient import GradientAlgorithm
from tangle.algorithms.sparsemax import sparsemax
from tangle.core import SearchSpace

_PROJECTIONS = ("softmax", "sparsemax")


class DARTS(GradientAlgorithm):
    """Architecture weights are the softmax of alphas (Liu et al., ICLR 2019, equation 2).

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
        projection: `softmax`, or `sparsemax`, which can rule candidates out: the closest point of
            the simplex. The TangleNAS authors' code uses the latter with entangled weights.

    Raises:
        ValueError: If there is no such projection.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int = 0,
        projection: Literal["softmax", "sparsemax"] = "softmax",
    ) -> None:
        super().__init__(space, seed)
        if projection not in _PROJECTIONS:
            raise ValueError(f"projection is {projection!r}: it must be softmax or sparsemax")
        self.projection = projection

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return the projection of the alphas."""
        return sparsemax(alpha) if self.projection == "sparsemax" else alpha.softmax(-1)
