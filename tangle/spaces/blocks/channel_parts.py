"""How many parts of the channels there are, of which operations run on one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product

from torch import nn

from tangle.core import Choice, Size
from tangle.nn import Staged
from tangle.spaces.blocks.partial_channels import PartialChannels
from tangle.spaces.blocks.widening_channels import WideningChannels

_WIDTH = "part_width"


def channel_parts(
    partial_channels: int | Sequence[int], channels: Sequence[int]
) -> tuple[int, ...]:
    """Return the number of parts in each stage, one stage if there is one number.

    Args:
        partial_channels: The number, or that of each stage, as the option of that name says.
        channels: Channels of cells, which are to divide into the parts.

    Raises:
        ValueError: If they do not, or parts do not become fewer, and so wider, with each stage.
    """
    parts = (partial_channels,) if isinstance(partial_channels, int) else tuple(partial_channels)
    if not parts or any(after >= before for before, after in pairwise(parts)):
        raise ValueError(
            f"partial_channels is {list(parts)}: give a number of parts for each stage, each less "
            "than that before it, as operations run on one part, which is to widen"
        )
    given = parts[0] if len(parts) == 1 else list(parts)
    for width, count in product(channels, parts):
        if count < 1 or width % count:
            raise ValueError(
                f"partial_channels is {given}, but {width} channels do not divide into {count} "
                "parts: choose another number of either, or 1 for all channels"
            )
    return parts


def on_part(
    make: Callable[[Size | int], nn.Module],
    channels: int,
    *,
    parts: Sequence[int],
    stride: int = 1,
) -> nn.Module:
    """Return an operation on a part of the channels, or on all where that is the whole.

    Args:
        make: Makes the operation of a width, which is a choice if there are several stages.
        channels: All channels.
        parts: How many parts there are, in each stage.
        stride: The operation's stride, pixels.
    """
    if len(parts) > 1:
        width = Choice(_WIDTH, [channels // count for count in parts])
        return WideningChannels(Staged(make(width), width), parts, stride=stride)
    if parts[0] == 1:
        return make(channels)
    return PartialChannels(make(channels // parts[0]), parts[0], stride=stride)
