"""Linear layers of few inputs, whose masks are cheapest on the activations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.nn.functional import in_full_precision
from tangle.nn.segments import as_autocast_has_it, over_rows, rows


def are_few_rows(x: Tensor, weight: Tensor, dim: int, sizes: Sequence[int]) -> bool:
    """Return whether to mask one activation for each segment is less work than the weight.

    Args:
        x: `[..., in]`.
        weight: `[out, in]`.
        dim: The dimension that is in segments: 0, the output, or 1, the input.
        sizes: Sizes of the segments.
    """
    return x.numel() // x.shape[-1] * len(sizes) < weight.shape[dim]


def few_rows_linear(
    x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, dim: int, sizes: Sequence[int]
) -> Tensor:
    """Return `(weight * mask) x + bias` without a superposed weight.

    With the mask's value `c_s` in each segment `s` of the output, it is `W_s (c_s * x)` there; with
    segments of the input, it is the sum of `c_s * (W_s x_s)`.

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
        apply = (_ByOutputs, _ByInputs)[dim].apply
        y: Tensor = apply(x, weight, values, tuple(sizes))
        return y if bias is None else y + bias.to(y.dtype)


def _parts(values: Tensor, like: Tensor, sizes: Sequence[int]) -> Iterator[tuple[Tensor, int, int]]:
    """Return the value of the mask in each segment, the segment's start and its size."""
    starts = accumulate(sizes[:-1], initial=0)
    return zip(values.to(like.dtype).unbind(), starts, sizes, strict=True)


class _ByOutputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, values: Tensor, sizes: Any) -> Tensor:
        ctx.save_for_backward(x, weight, values)
        ctx.sizes = sizes
        inputs, w = rows(x), weight.to(x.dtype)
        y = inputs.new_empty(len(inputs), len(w))
        for c, start, size in _parts(values, x, sizes):
            torch.mm(inputs * c, w.narrow(0, start, size).T, out=y.narrow(1, start, size))
        return y.view(*x.shape[:-1], len(w))  # not -1: there may be no rows

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, values = ctx.saved_tensors
        inputs, w, slope, for_x, for_weight = _matrices(ctx, x, weight, gradient)
        wants_values = ctx.needs_input_grad[2]
        for_values = []
        for c, start, size in _parts(values, x, ctx.sizes):
            own = slope.narrow(1, start, size)
            if for_weight is not None:
                torch.mm(own.T, inputs * c, out=for_weight.narrow(0, start, size))
            if for_x is not None or wants_values:
                product = own @ w.narrow(0, start, size)
            if for_x is not None:
                for_x.addcmul_(product, c)
            if wants_values:
                for_values.append(over_rows(product * inputs, values.dtype))
        return _gradients(for_x, x, for_weight, weight, for_values)


class _ByInputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, values: Tensor, sizes: Any) -> Tensor:
        ctx.save_for_backward(x, weight, values)
        ctx.sizes = sizes
        inputs, w = rows(x), weight.to(x.dtype)
        y = inputs.new_zeros(len(inputs), len(w))
        for c, start, size in _parts(values, x, sizes):
            y.addcmul_(inputs.narrow(1, start, size) @ w.narrow(1, start, size).T, c)
        return y.view(*x.shape[:-1], len(w))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, values = ctx.saved_tensors
        inputs, w, slope, for_x, for_weight = _matrices(ctx, x, weight, gradient)
        wants_values = ctx.needs_input_grad[2]
        for_values = []
        for c, start, size in _parts(values, x, ctx.sizes):
            own, part, scaled = inputs.narrow(1, start, size), w.narrow(1, start, size), slope * c
            if for_weight is not None:
                torch.mm(scaled.T, own, out=for_weight.narrow(1, start, size))
            if for_x is not None:
                torch.mm(scaled, part, out=for_x.narrow(1, start, size))
            if wants_values:
                for_values.append(over_rows(slope * (own @ part.T), values.dtype))
        return _gradients(for_x, x, for_weight, weight, for_values)


def _matrices(
    ctx: Any, x: Tensor, weight: Tensor, gradient: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None]:
    """Return input, weight and gradient, and where those of the first two go if they are wanted."""
    inputs, w = rows(x), weight.to(x.dtype)
    wants_x, wants_weight, *_ = ctx.needs_input_grad
    for_x = torch.zeros_like(inputs) if wants_x else None
    for_weight = torch.empty_like(w) if wants_weight else None
    return inputs, w, rows(gradient), for_x, for_weight


def _gradients(
    for_x: Tensor | None,
    x: Tensor,
    for_weight: Tensor | None,
    weight: Tensor,
    for_values: Sequence[Tensor],
) -> tuple[Tensor | None, ...]:
    return (
        None if for_x is None else for_x.view(x.shape),
        None if for_weight is None else for_weight.to(weight.dtype),
        torch.stack(list(for_values)) if for_values else None,
        None,
    )
