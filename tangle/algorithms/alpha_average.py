"""The mean of alphas over a part of the search."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from tangle.algorithms.parameters import ArchParameters


class AlphaAverage(nn.Module):
    """The mean of each choice's alphas, `[K]`, over the updates that were counted in.

    Averaged iterates of a noisy descent lie nearer to where it settles than its last one does
    (Polyak & Juditsky, 1992). The means are no parameters: nothing trains them, and a checkpoint
    keeps them.

    Args:
        parameters: The alphas; their current values don't count yet.
    """

    count: Tensor

    def __init__(self, parameters: ArchParameters) -> None:
        super().__init__()
        self._names = [name for name, _ in parameters.items()]
        # On the alphas' device, so that an update waits for nothing.
        self.register_buffer("count", torch.zeros(()))
        for number, (_, alpha) in enumerate(parameters.items()):
            self.register_buffer(f"mean_{number}", torch.zeros_like(alpha.detach()))

    def update(self, parameters: ArchParameters) -> None:
        """Count the alphas of now in."""
        self.count += 1
        share = 1 / self.count
        for (_, mean), (_, alpha) in zip(self.items(), parameters.items(), strict=True):
            mean.lerp_(alpha.detach(), share.to(mean.dtype))

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """Yield each choice's name and mean; zeros before the first update."""
        for number, name in enumerate(self._names):
            yield name, self.get_buffer(f"mean_{number}")
