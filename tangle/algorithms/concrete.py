"""What algorithms that draw from a concrete distribution share: the draw and its temperature."""

from __future__ import annotations

import torch
from torch import Tensor

from tangle.algorithms.gradient import GradientAlgorithm
from tangle.core import SearchSpace


class Concrete(GradientAlgorithm):
    """Architecture weights come from a concrete distribution, whose temperature falls linearly.

    A draw is `softmax((alpha + g) / temperature)` with independent Gumbel noise `g` (Maddison et
    al. and Jang et al., both ICLR 2017). The hotter, the more alike are the weights; the colder,
    the closer is a draw to one candidate, drawn with probability `softmax(alpha)`.

    Args:
        space: The search space.
        seed: Seed of the alphas and of all draws.
        start_temperature: Temperature in the first epoch.
        end_temperature: Temperature in the last epoch.

    Attributes:
        temperature: Temperature of now.

    Raises:
        ValueError: If a temperature is not positive.
    """

    def __init__(
        self, space: SearchSpace, seed: int, start_temperature: float, end_temperature: float
    ) -> None:
        super().__init__(space, seed)
        options = {"start_temperature": start_temperature, "end_temperature": end_temperature}
        for name, value in options.items():
            if not value > 0:
                raise ValueError(f"{name} is {value}: it must be above 0")
        self.start_temperature = start_temperature
        self.end_temperature = end_temperature
        self.temperature = start_temperature

    def anneal(self, progress: float) -> None:
        """Set the temperature, linear in the progress from 0 to 1."""
        change = self.end_temperature - self.start_temperature
        self.temperature = self.start_temperature + progress * change

    def relaxed(self, alpha: Tensor) -> Tensor:
        """Return a draw `[K]`, in single precision at least, differentiable in `alpha`."""
        precise = alpha.to(torch.promote_types(alpha.dtype, torch.float32))
        # The least positive number keeps an exponential draw of zero from infinite noise.
        exponential = torch.empty_like(precise).exponential_()
        gumbel = -exponential.clamp_min(torch.finfo(precise.dtype).tiny).log()
        return ((precise + gumbel) / self.temperature).softmax(-1)
