"""The inverted residual block of mobile networks."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Size, as_size
from tangle.spaces.blocks.squeeze_excitation import SqueezeExcitation

Activation = Literal["relu", "hard_swish"]

_ACTIVATIONS: dict[Activation, type[nn.ReLU | nn.Hardswish]] = {
    "relu": nn.ReLU, "hard_swish": nn.Hardswish,
}  # fmt: skip
_MULTIPLE = 8


class MBConv(nn.Module):
    """Widen, convolve each channel by itself, and come back (Sandler et al., CVPR 2018).

    Each of the three convolutions is normalised, and the first two are activated. The input is
    added where it has the shape of the output.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        expansion: Ratio of the width in between to the input channels; the width is a multiple
            of 8. With the number 1 nothing is widened.
        kernel_size: Size of the depthwise kernel; smaller candidates are transforms of the largest.
        stride: Stride of the depthwise convolution.
        act: Activation.
        gated: Whether squeeze and excitation gates the channels before they come back.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        expansion: Size | int,
        kernel_size: Size | int,
        stride: int = 1,
        act: Activation = "relu",
        gated: bool = False,
    ) -> None:
        super().__init__()
        width = (as_size(expansion) * in_channels).round_to(_MULTIPLE)
        kernel = as_size(kernel_size)
        activation = _ACTIVATIONS[act]
        self.widen: nn.Module = nn.Identity()
        if expansion != 1:
            self.widen = nn.Sequential(
                tnn.Conv2d(in_channels, width, 1, bias=False), tnn.BatchNorm2d(width),
                activation(inplace=True),
            )  # fmt: skip
        self.depthwise = nn.Sequential(
            tnn.TransformedConv2d(
                width, width, kernel, stride=stride, padding=kernel // 2, groups=width, bias=False
            ),
            tnn.BatchNorm2d(width), activation(inplace=True),
        )  # fmt: skip
        self.gate = SqueezeExcitation(width) if gated else nn.Identity()
        self.project = nn.Sequential(
            tnn.Conv2d(width, out_channels, 1, bias=False), tnn.BatchNorm2d(out_channels)
        )
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, out_channels, H / stride, W / stride]` for `[B, in_channels, H, W]`."""
        y: Tensor = self.project(self.gate(self.depthwise(self.widen(x))))
        return x + y if self.has_shortcut else y
