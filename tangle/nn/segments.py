"""Linear layers with masks of both dimensions, without a gradient as large as the weight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.nn.axis import Axis
from tangle.nn.functional import in_full_precision

_MOST = 8
"""Segments beyond which the elementwise work is no longer small."""


def few_segments(axes: Sequence[Axis]) -> tuple[int, tuple[int, ...]] | None:
    """Return the dimension by whose segments there is least to do, and their sizes.

    Within a segment all versions keep all entries, or none: the mask is constant there. Each
    segment costs passes over activations along the other dimension.

    Args:
        axes: Of the output and the input of a linear layer; both keep prefixes.

    Returns:
        None if both fall into too many.
    """
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for dim, (axis, other) in enumerate((tuple(axes), tuple(reversed(axes)))):
        ends = [0, *sorted(set(axis.size.table()))]
        if len(ends) <= _MOST + 1:
            sizes = tuple(end - start for start, end in pairwise(ends))
            found.append((len(sizes) * other.size.max, dim, sizes))
    return min(found)[1:] if found else None


def linear_by_segments(
    x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, dim: int, sizes: Sequence[int]
) -> Tensor:
    """Return `(weight * mask) x + bias` for a mask that is constant in segments of a dimension.

    With the mask's value `c_s` in each segment `s` of the output, the gradient of `x` is
    `sum_s c_s * (W_s^T g_s)`, and the same products times `x`, summed over the batch, are that of
    `c_s`. With segments of the input, `y = sum_s c_s * (W_s x_s)`, whose products times `g` are. By
    the superposed weight it would need that weight's own gradient, which costs as much as the layer
    itself and is of no use if the weight is not trained.

    Args:
        x: `[..., in]`.
        weight: `[out, in]`, which gets no gradient.
        bias: `[out]` or None.
        values: The mask in each segment, `[segments, in]` or `[segments, out]`.
        dim: The dimension that is in segments: 0, the output, or 1, the input.
        sizes: Sizes of the segments.
    """
    device = x.device.type
    if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
        x = x.to(torch.get_autocast_dtype(device))
    with in_full_precision(x.device):
        apply = (_ByOutputs, _ByInputs)[dim].apply
        return apply(x, weight, bias, values, tuple(sizes))  # type: ignore[no-any-return]


class _ByOutputs(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, sizes: Any
    ) -> Tensor:
        ctx.save_for_backward(x, weight, values)
        ctx.sizes = sizes
        shift = None if bias is None else bias.to(x.dtype)
        if _is_small(x, weight.shape[0], sizes):
            parts = weight.to(x.dtype).split(sizes)
            products = [F.linear(x * c, w) for c, w in zip(_like(values, x), parts, strict=True)]
            y = torch.cat(products, -1)
            return y if shift is None else y.add_(shift)
        return F.linear(x, _superposed(weight, values, 0, sizes).to(x.dtype), shift)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, values = ctx.saved_tensors
        wants_x, _, wants_bias, wants_values, _ = ctx.needs_input_grad
        for_bias = _over_rows(gradient, values.dtype) if wants_bias else None
        if not wants_values:
            whole = _superposed(weight, values, 0, ctx.sizes).to(x.dtype)
            return gradient @ whole if wants_x else None, None, for_bias, None, None
        inputs, slopes = x.flatten(0, -2), gradient.flatten(0, -2).split(ctx.sizes, -1)
        for_x: Tensor | None = None
        for_values = []
        product = torch.empty_like(inputs)  # new memory costs more than the arithmetic
        parts = weight.to(x.dtype).split(ctx.sizes)
        for slope, part, c in zip(slopes, parts, _like(values, x), strict=True):
            torch.mm(slope, part, out=product)
            if wants_x:
                for_x = product * c if for_x is None else for_x.addcmul_(product, c)
            for_values.append(_over_rows(product.mul_(inputs), values.dtype))
        for_x = None if for_x is None else for_x.view_as(x)
        return for_x, None, for_bias, torch.stack(for_values), None


class _ByInputs(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, sizes: Any
    ) -> Tensor:
        parts = weight.to(x.dtype).split(sizes, 1)
        products = [F.linear(one, w) for one, w in zip(x.split(sizes, -1), parts, strict=True)]
        ctx.save_for_backward(weight, values, *products)
        ctx.sizes = sizes
        first, *others = _like(values, x)
        y = products[0] * first
        if bias is not None:
            y += bias.to(x.dtype)
        for product, c in zip(products[1:], others, strict=True):
            y.addcmul_(product, c)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weight, values, *products = ctx.saved_tensors
        wants_x, _, wants_bias, wants_values, _ = ctx.needs_input_grad
        for_x = _slope_of_inputs(gradient, weight, values, ctx.sizes) if wants_x else None
        for_values = None
        if wants_values:
            buffer = torch.empty_like(gradient)
            for_values = torch.stack([
                _over_rows(torch.mul(gradient, product, out=buffer), values.dtype)
                for product in products
            ])  # fmt: skip
        for_bias = _over_rows(gradient, values.dtype) if wants_bias else None
        return for_x, None, for_bias, for_values, None


def _slope_of_inputs(
    gradient: Tensor, weight: Tensor, values: Tensor, sizes: Sequence[int]
) -> Tensor:
    if _is_small(gradient, weight.shape[1], sizes):
        parts = weight.to(gradient.dtype).split(list(sizes), 1)
        shares = _like(values, gradient)
        return torch.cat([(gradient * c) @ w for c, w in zip(shares, parts, strict=True)], -1)
    return gradient @ _superposed(weight, values, 1, sizes).to(gradient.dtype)


def _is_small(activation: Tensor, extent: int, sizes: Sequence[int]) -> bool:
    """Return whether to mask one activation for each segment is less work than the weight."""
    rows = activation.numel() // activation.shape[-1]
    return rows * len(sizes) < extent


def _superposed(weight: Tensor, values: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    whole = torch.empty_like(weight)
    parts = weight.split(list(sizes), dim), whole.split(list(sizes), dim), values.unbind()
    for part, target, c in zip(*parts, strict=True):
        torch.mul(part, c if dim == 0 else c[:, None], out=target)
    return whole


def _over_rows(activation: Tensor, dtype: torch.dtype) -> Tensor:
    return activation.flatten(0, -2).sum(0, dtype=dtype)


def _like(values: Tensor, activation: Tensor) -> tuple[Tensor, ...]:
    return values.to(activation.dtype).unbind()
