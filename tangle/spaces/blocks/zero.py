"""The operation that lets nothing through."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Zero(nn.Module):
    """Zeros in the shape of the input, at a stride.

    Args:
        stride: Stride of height and width, pixels.
    """

    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.every = nn.AvgPool2d(1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros `[B, C, H / stride, W / stride]` for `[B, C, H, W]`."""
        return torch.zeros_like(self.every(x))
