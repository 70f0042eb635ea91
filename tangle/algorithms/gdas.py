"""Search by gradient descent through one drawn candidate a choice."""

import torch
from torch import Tensor

from tangle.algorithms.concrete import Concrete
from tangle.core import SearchSpace


class GDAS(Concrete):
    """Architecture weights are one-hot draws, with the gradient of the relaxed draw.

    Dong & Yang (CVPR 2019). The forward is that of one architecture; backward
    takes the weights for the relaxed draw (straight-through), so every candidate gets a gradient
    from what it would have added. The default temperatures, 10 falling linearly to 0.1, are those
    of the authors' code and of the TangleNAS paper's baselines.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
        start_temperature: Temperature in the first epoch.
        end_temperature: Temperature in the last epoch.

    Raises:
        ValueError: If a temperature is not positive.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int = 0,
        start_temperature: float = 10.0,
        end_temperature: float = 0.1,
    ) -> None:
        super().__init__(space, seed, start_temperature, end_temperature)

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return one-hot weights whose gradient is that of the relaxed draw."""
        relaxed = self.relaxed(alpha)
        hard = torch.zeros_like(relaxed).scatter_(-1, relaxed.argmax(-1, keepdim=True), 1.0)
        # In this order the sum is exactly one-hot: the difference is exactly zero.
        return (hard + (relaxed - relaxed.detach())).to(alpha.dtype)
