"""Linear layers of which the weight is trained and the masks are fixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.nn.functional import in_full_precision
from tangle.nn.segments import as_autocast_has_it, over_rows, rows, times_segments


def trained_linear(
    x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, dim: int, sizes: Sequence[int]
) -> Tensor:
    """Return `(weight * mask) x + bias` for a mask that gets no gradient.

    The superposed weight is made again in backward instead of kept, and one operation stands for
    several.

    Args:
        x: `[..., in]`.
        weight: `[out, in]`.
        bias: `[out]` or None.
        values: The mask in each segment of a dimension, `[segments, in]` or `[segments, out]`.
        dim: The dimension that is in segments: 0, the output, or 1, the input.
        sizes: Sizes of the segments.
    """
    x = as_autocast_has_it(x)
    with in_full_precision(x.device):
        return _Trained.apply(x, weight, bias, values, (dim, tuple(sizes)))  # type: ignore[no-any-return]


class _Trained(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, segments: Any
    ) -> Tensor:
        ctx.save_for_backward(x, weight, values)
        ctx.segments = segments
        shift = None if bias is None else bias.to(x.dtype)
        return F.linear(x, times_segments(weight, values, *segments).to(x.dtype), shift)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, values = ctx.saved_tensors
        wants_x, wants_weight, wants_bias, *_ = ctx.needs_input_grad
        for_x = for_weight = None
        if wants_x:
            for_x = gradient @ times_segments(weight, values, *ctx.segments).to(x.dtype)
        if wants_weight:
            for_weight = (rows(gradient).T @ rows(x)).to(weight.dtype)
            times_segments(for_weight, values, *ctx.segments, inplace=True)
        for_bias = over_rows(gradient, values.dtype) if wants_bias else None
        return for_x, for_weight, for_bias, None, None
