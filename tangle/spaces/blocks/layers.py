"""Layers of cells: torch's, or entangled ones where a size is a choice."""

from __future__ import annotations

from typing import Any

from torch import nn

import tangle.nn as tnn
from tangle.core import Size


def conv(
    in_channels: Size | int,
    out_channels: Size | int,
    kernel_size: Size | int,
    *,
    stride: int = 1,
    padding: Size | int = 0,
    dilation: int = 1,
    groups: Size | int = 1,
    bias: bool = True,
) -> nn.Conv2d:
    """Return a two-dimensional convolution."""
    sizes: Any = {
        "in_channels": in_channels, "out_channels": out_channels, "kernel_size": kernel_size,
        "padding": padding, "groups": groups,
    }  # fmt: skip
    kind = tnn.Conv2d if any(isinstance(size, Size) for size in sizes.values()) else nn.Conv2d
    return kind(**sizes, stride=stride, dilation=dilation, bias=bias)


def batch_norm(
    channels: Size | int, *, affine: bool = True, track_running_stats: bool = True
) -> nn.BatchNorm2d:
    """Return a batch normalisation of feature maps."""
    if isinstance(channels, Size):
        return tnn.BatchNorm2d(channels, affine=affine, track_running_stats=track_running_stats)
    return nn.BatchNorm2d(channels, affine=affine, track_running_stats=track_running_stats)
