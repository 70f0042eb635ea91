"""The operations of cells, from feature maps `[B, C, H, W]` to feature maps.

They are those of DARTS (Liu et al., ICLR 2019) and NAS-Bench-201 (Dong & Yang, ICLR 2020). Where a
kernel size is a choice, the smaller kernel is the centre of the larger one; whatever else the
operation has, its pointwise convolutions and normalisations, its versions share.
"""

from __future__ import annotations

from typing import Literal

from torch import nn

from tangle.core import Size
from tangle.spaces.blocks.factorized_reduce import FactorizedReduce
from tangle.spaces.blocks.layers import batch_norm, conv

Stride = Literal[1, 2]


def relu_conv(
    in_channels: Size | int,
    out_channels: Size | int,
    kernel_size: Size | int,
    *,
    stride: Stride = 1,
    bias: bool = False,
    affine: bool = False,
    track_running_stats: bool = True,
) -> nn.Sequential:
    """Return a ReLU, a convolution and a batch normalisation."""
    layer = conv(
        in_channels, out_channels, kernel_size, stride=stride, padding=kernel_size // 2, bias=bias
    )
    norm = batch_norm(out_channels, affine=affine, track_running_stats=track_running_stats)
    return nn.Sequential(nn.ReLU(), layer, norm)


def separable_conv(
    channels: Size | int, kernel_size: Size | int, *, stride: Stride = 1, affine: bool = False
) -> nn.Sequential:
    """Return a depthwise separable convolution, applied twice, the first time with the stride."""
    return nn.Sequential(
        *_separable(channels, kernel_size, stride=stride, dilation=1, affine=affine),
        *_separable(channels, kernel_size, stride=1, dilation=1, affine=affine),
    )


def dilated_conv(
    channels: Size | int, kernel_size: Size | int, *, stride: Stride = 1, affine: bool = False
) -> nn.Sequential:
    """Return a depthwise separable convolution of dilation two.

    With stride two it sees every other pixel only, so it is the plain convolution of these: the
    same numbers from the same weights, without the slow kernels of dilated convolutions.
    """
    every_other = [nn.AvgPool2d(1, stride)] if stride > 1 else []
    parts = _separable(channels, kernel_size, stride=1, dilation=2 // stride, affine=affine)
    return nn.Sequential(*every_other, *parts)


def pool(kind: Literal["max", "avg"], *, stride: Stride = 1) -> nn.MaxPool2d | nn.AvgPool2d:
    """Return a pooling of 3x3 pixels; the rim is no part of an average."""
    if kind == "max":
        return nn.MaxPool2d(3, stride, padding=1)
    return nn.AvgPool2d(3, stride, padding=1, count_include_pad=False)


def skip(channels: Size | int, *, stride: Stride = 1, affine: bool = False) -> nn.Module:
    """Return a skip connection, which reduces where there is a stride."""
    return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, affine=affine)


def _separable(
    channels: Size | int, kernel_size: Size | int, *, stride: int, dilation: int, affine: bool
) -> tuple[nn.Module, ...]:
    depthwise = conv(
        channels, channels, kernel_size, stride=stride, dilation=dilation,
        padding=kernel_size // 2 * dilation, groups=channels, bias=False,
    )  # fmt: skip
    pointwise = conv(channels, channels, 1, bias=False)
    return nn.ReLU(), depthwise, pointwise, batch_norm(channels, affine=affine)
