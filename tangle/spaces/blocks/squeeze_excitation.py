"""Channel attention by globally pooled features."""

from __future__ import annotations

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Size, as_size

_REDUCTION = 4
_MULTIPLE = 8


class SqueezeExcitation(nn.Module):
    """Multiplies each channel by a gate in [0, 1] that depends on the means of all channels.

    As in MobileNetV3 (Howard et al., ICCV 2019, section 5.3): a quarter of the channels in between,
    in multiples of 8, and a hard sigmoid.

    Args:
        channels: Number of channels.
    """

    def __init__(self, channels: Size | int) -> None:
        super().__init__()
        reduced = (as_size(channels) // _REDUCTION).round_to(_MULTIPLE)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = tnn.Conv2d(channels, reduced, 1)
        self.act = nn.ReLU(inplace=True)
        self.expand = tnn.Conv2d(reduced, channels, 1)
        self.gate = nn.Hardsigmoid(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, channels, H, W]` for `[B, channels, H, W]`."""
        y = self.act(self.reduce(self.pool(x)))  # [B, channels / 4, 1, 1]
        return x * self.gate(self.expand(y))  # type: ignore[no-any-return]
