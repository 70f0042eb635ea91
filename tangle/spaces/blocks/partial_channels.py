"""An operation on a part of the channels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class PartialChannels(nn.Module):
    """Runs an operation on the first of equal parts of the channels, and passes the others on.

    PC-DARTS (Xu et al., ICLR 2020, section 3.2): a search then takes about one in `parts` of the
    memory. What passes by is pooled where the operation has a stride, and channels are shuffled,
    so that in the next operation another mixture of them comes first.

    Args:
        operation: The operation, of a width of `C / parts`.
        parts: How many parts there are.
        stride: The operation's stride, pixels.
    """

    def __init__(self, operation: nn.Module, parts: int, *, stride: int = 1) -> None:
        super().__init__()
        self.operation = operation
        self.parts = parts
        self.passed = nn.MaxPool2d(stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, C, H / stride, W / stride]` for `[B, C, H, W]`, C divisible by `parts`."""
        width = x.shape[1] // self.parts
        first = self.operation(x[:, :width])
        y = torch.cat([first, self.passed(x[:, width:])], 1)
        shuffled: Tensor = y.unflatten(1, (self.parts, -1)).transpose(1, 2).flatten(1, 2)
        return shuffled


def on_part(
    make: Callable[[int], nn.Module], channels: int, *, parts: int, stride: int = 1
) -> nn.Module:
    """Return an operation on one of `parts` parts of the channels, or on all where that is 1.

    Args:
        make: Makes the operation of a width.
        channels: All channels.
        parts: How many parts there are.
        stride: The operation's stride, pixels.
    """
    if parts == 1:
        return make(channels)
    return PartialChannels(make(channels // parts), parts, stride=stride)


def check_parts(partial_channels: int, channels: int, *, multiple: int = 1) -> None:
    """Check that channels divide into parts.

    Args:
        partial_channels: How many parts there are, as the option of that name says.
        channels: Channels of the narrowest cells.
        multiple: What the width of a part has to be a multiple of.

    Raises:
        ValueError: If they do not.
    """
    if partial_channels < 1 or channels % (partial_channels * multiple):
        even = "" if multiple == 1 else f", each a multiple of {multiple} wide"
        raise ValueError(
            f"partial_channels is {partial_channels}, but {channels} channels do not divide into "
            f"so many parts{even}: choose another number of either, or 1 for all channels"
        )
