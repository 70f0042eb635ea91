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
        self.passed = passing(stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, C, H / stride, W / stride]` for `[B, C, H, W]`, C divisible by `parts`."""
        return on_first(self.operation, x, self.parts, self.passed)


def passing(stride: int) -> nn.Module:
    """Return what channels go through that an operation of a stride leaves out."""
    return nn.MaxPool2d(stride) if stride > 1 else nn.Identity()


def on_first(
    operation: Callable[[Tensor], Tensor], x: Tensor, parts: int, passed: nn.Module
) -> Tensor:
    """Return the shuffled channels of an operation's output and of what passed it by.

    Args:
        operation: Runs on the first part.
        x: `[B, C, H, W]`, C divisible by `parts`.
        parts: How many parts there are.
        passed: Runs on the others.
    """
    if parts == 1:
        return operation(x)
    width = x.shape[1] // parts
    y = torch.cat([operation(x[:, :width]), passed(x[:, width:])], 1)
    shuffled: Tensor = y.unflatten(1, (parts, -1)).transpose(1, 2).flatten(1, 2)
    return shuffled
