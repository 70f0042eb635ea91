"""Differentiable architecture search."""

from torch import Tensor

from tangle.algorithms.gradient import GradientAlgorithm


class DARTS(GradientAlgorithm):
    """Architecture weights are the softmax of alphas (Liu et al., ICLR 2019, equation 2).

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
    """

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return `softmax(alpha)`."""
        return alpha.softmax(0)
