"""Dirichlet neural architecture search."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Dirichlet, kl_divergence

from tangle.algorithms.gradient import GradientAlgorithm
from tangle.core import SearchSpace


class DrNAS(GradientAlgorithm):
    """Architecture weights are drawn from a Dirichlet distribution whose concentration is learned.

    The concentration is `elu(alpha) + 1` (Chen et al., ICLR 2021, section 3); at the start it is
    about one, so that all mixtures are equally likely. This is the algorithm that the paper calls
    TangleNAS.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
        kl_weight: Weight in the architecture loss of the divergence, in nats, from the start's
            distribution, summed over choices. In the TangleNAS authors' code it is an alternative
            to weight decay of the alphas, and 1e-3.

    Raises:
        ValueError: If the weight is negative.
    """

    def __init__(self, space: SearchSpace, seed: int = 0, kl_weight: float = 0.0) -> None:
        super().__init__(space, seed)
        if not kl_weight >= 0:
            raise ValueError(f"kl_weight is {kl_weight}: it must be at least 0")
        self.kl_weight = kl_weight

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return a draw from the Dirichlet distribution, differentiable in `alpha`."""
        return _dirichlet(alpha).rsample().to(alpha.dtype)

    def penalty(self) -> Tensor | float:
        """Return the weighted divergence of all choices from the uniform distribution."""
        if self.kl_weight == 0:
            return 0.0
        total: Tensor | float = 0.0
        for name, alpha in self.arch_parameters.items():
            indices = self.open[name]
            left = alpha if len(indices) == len(alpha) else alpha[list(indices)]
            total = total + _divergence(_dirichlet(left))
        return self.kl_weight * total


def _dirichlet(alpha: Tensor) -> Dirichlet:
    # torch has no half-precision draw.
    precise = alpha.to(torch.promote_types(alpha.dtype, torch.float32))
    return Dirichlet(F.elu(precise) + 1, validate_args=False)


def _divergence(dirichlet: Dirichlet) -> Tensor:
    uniform = torch.ones_like(dirichlet.concentration)
    return kl_divergence(dirichlet, Dirichlet(uniform, validate_args=False))
