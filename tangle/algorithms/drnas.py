"""Dirichlet neural architecture search."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Dirichlet

from tangle.algorithms.gradient import GradientAlgorithm


class DrNAS(GradientAlgorithm):
    """Architecture weights are drawn from a Dirichlet distribution whose concentration is learned.

    The concentration is `elu(alpha) + 1` (Chen et al., ICLR 2021, section 3); at the start it is
    about one, so that all mixtures are equally likely. This is the algorithm that the paper calls
    TangleNAS.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
    """

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return a draw from the Dirichlet distribution, differentiable in `alpha`."""
        precise = torch.promote_types(
            alpha.dtype, torch.float32
        )  # torch has no half-precision draw
        concentration = F.elu(alpha.to(precise)) + 1
        return Dirichlet(concentration, validate_args=False).rsample().to(alpha.dtype)
