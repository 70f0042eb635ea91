"""MobileNetV3: mobile networks of elastic kernels, expansions and depths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice, as_size
from tangle.spaces.blocks.mbconv import Activation, MBConv
from tangle.spaces.once_for_all_names import from_once_for_all
from tangle.spaces.pretrained import load_largest

_MULTIPLE = 8
_STEM, _HEAD = 16, (960, 1280)


class _Stage(NamedTuple):
    channels: int
    stride: int
    act: Activation
    gated: bool


_STAGES = (
    _Stage(24, 2, "relu", gated=False),
    _Stage(40, 2, "relu", gated=True),
    _Stage(80, 2, "hard_swish", gated=False),
    _Stage(112, 1, "hard_swish", gated=True),
    _Stage(160, 2, "hard_swish", gated=True),
)


class MobileNetV3(nn.Module):
    """MobileNetV3 (Howard et al., ICCV 2019) as once-for-all networks have it (ICLR 2020).

    The space of the paper's Table 7. Five stages, each with a choice of depth and, for each of its
    blocks, of kernel size and expansion; smaller kernels are learned transforms of the largest.
    The defaults span 2.18e19 architectures, of 3,410,792 to 7,664,760 parameters and 121.28 to
    566.17 million multiply-accumulates at 224 pixels. Images may have any size, even another one
    in each batch: strides round up, and features are pooled globally.

    Args:
        kernel_sizes: Candidate kernel sizes of each block, odd.
        expansion: Candidate ratios of a block's inner width to its input channels.
        depth: Candidate numbers of blocks of each stage.
        width: What all channels are multiplied by, in multiples of 8: 1.0 or 1.2 in the original.
        in_channels: Channels of the images.
        num_classes: Number of classes.
        dropout: Probability of dropping a feature before the last layer.
        pretrained: File with the weights of the largest network, from which training goes on:
            `weights.safetensors` that `tangle extract` wrote, or a file of plain tensors by
            `torch.save`, under names of here or of the once-for-all project; None for a fresh
            start.
        new_head: Whether the last layer starts afresh even so, for other classes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If candidates or the width are out of range, or the file is of another network.
    """

    def __init__(
        self,
        *,
        kernel_sizes: Sequence[int] = (3, 5, 7),
        expansion: Sequence[float] = (3, 4, 6),
        depth: Sequence[int] = (2, 3, 4),
        width: float = 1.0,
        in_channels: int = 3,
        num_classes: int = 1000,
        dropout: float = 0.1,
        pretrained: str | None = None,
        new_head: bool = False,
    ) -> None:
        super().__init__()
        _check_candidates(kernel_sizes, expansion, depth)
        _check_rest(width, in_channels, new_head=new_head, pretrained=pretrained)

        def scaled(channels: int) -> int:
            return (as_size(channels) * width).round_to(_MULTIPLE).max

        def block(before: int, after: int, stage: _Stage, stride: int, name: str) -> MBConv:
            return MBConv(
                before, after,
                expansion=Choice(f"expansion_{name}", tuple(expansion)),
                kernel_size=Choice(f"kernel_size_{name}", tuple(kernel_sizes)),
                stride=stride, act=stage.act, gated=stage.gated,
            )  # fmt: skip

        channels = scaled(_STEM)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels), nn.Hardswish(inplace=True),
        )  # fmt: skip
        self.first = MBConv(channels, channels, expansion=1, kernel_size=3)
        self.stages = nn.Sequential()
        for number, stage in enumerate(_STAGES, start=1):
            before, channels = channels, scaled(stage.channels)
            layers = Choice(f"depth_{number}", tuple(depth))
            self.stages.append(tnn.Stack(layers, [
                block(channels if i else before, channels, stage, 1 if i else stage.stride,
                      f"{number}_{i + 1}")
                for i in range(layers.max)
            ]))  # fmt: skip
        last, features = map(scaled, _HEAD)
        self.expand = nn.Sequential(
            nn.Conv2d(channels, last, 1, bias=False), nn.BatchNorm2d(last),
            nn.Hardswish(inplace=True), nn.AdaptiveAvgPool2d(1),
        )  # fmt: skip
        self.mix = nn.Sequential(
            nn.Conv2d(last, features, 1, bias=False), nn.Hardswish(inplace=True), nn.Flatten()
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, num_classes)
        self.init_weights()
        if pretrained is not None:
            rename = partial(from_once_for_all, depth=max(depth))
            load_largest(self, pretrained, rename=rename, without="head" if new_head else None)

    def init_weights(self) -> None:
        """Start afresh, so that convolutions keep the variance of gradients (He et al., 2015)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.BatchNorm2d | nn.Linear | tnn.KernelTransforms):
                module.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`."""
        x = self.expand(self.stages(self.first(self.stem(x))))
        return self.head(self.dropout(self.mix(x)))  # type: ignore[no-any-return]


def _check_candidates(
    kernel_sizes: Sequence[int], expansion: Sequence[float], depth: Sequence[int]
) -> None:
    if not kernel_sizes or any(size < 1 or size % 2 == 0 for size in kernel_sizes):
        raise ValueError(
            f"kernel_sizes is {tuple(kernel_sizes)}: give odd sizes, such as (3, 5, 7), which have "
            "a centre in common"
        )
    if not expansion or min(expansion) <= 0:
        raise ValueError(f"expansion is {tuple(expansion)}: give ratios above 0, such as (3, 4, 6)")
    if not depth or min(depth) < 1:
        raise ValueError(
            f"depth is {tuple(depth)}: give numbers of blocks from 1 on, such as (2, 3, 4), since "
            "the first block of a stage changes its shape"
        )


def _check_rest(width: float, in_channels: int, *, new_head: bool, pretrained: str | None) -> None:
    if not 0 < width < math.inf:
        raise ValueError(f"width is {width}: channels are multiplied by it, so it must be above 0")
    if in_channels < 1:
        raise ValueError(f"in_channels is {in_channels}: images have at least 1 channel")
    if new_head and pretrained is None:
        raise ValueError(
            "new_head is true, but pretrained is not given: without trained weights all of the "
            "network is new; give pretrained, or leave out new_head"
        )
