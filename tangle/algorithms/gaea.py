"""Geometry-aware search: exponentiated gradient on the simplex."""

from torch import Tensor

from tangle.algorithms.gradient import GradientAlgorithm


class GAEA(GradientAlgorithm):
    """Architecture weights are learned on the simplex itself, by exponentiated gradient.

    Li et al. (ICLR 2021): `w <- w * exp(-lr * dL/dw)`, divided by its sum. Alphas are
    the logarithms of `w` up to a constant, and get the gradient of `w` less its mean over the
    candidates, which changes no weight and keeps alphas from drifting. So one step of plain SGD on
    alphas is one of exponentiated gradient with the same learning rate; another optimizer of the
    alphas takes its steps in the logarithms.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
    """

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return `exp(alpha)`, normalised, whose gradient passes to `alpha`, less its mean."""
        passing = alpha - alpha.mean(-1, keepdim=True)
        return alpha.softmax(-1).detach() + (passing - passing.detach())
