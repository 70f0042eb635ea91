"""Stochastic neural architecture search."""

from torch import Tensor

from tangle.algorithms.concrete import Concrete
from tangle.core import SearchSpace


class SNAS(Concrete):
    """Architecture weights are a relaxed one-hot draw (Xie et al., ICLR 2019).

    The default temperatures, 1 falling linearly to 0.03, are those of the authors' code.

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
        start_temperature: float = 1.0,
        end_temperature: float = 0.03,
    ) -> None:
        super().__init__(space, seed, start_temperature, end_temperature)

    def weigh(self, alpha: Tensor) -> Tensor:
        """Return the draw."""
        return self.relaxed(alpha).to(alpha.dtype)
