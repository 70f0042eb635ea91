"""Linear layers whose masks alone are trained, without a gradient as large as the weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.nn.functional import in_full_precision
from tangle.nn.segments import as_autocast_has_it, over_rows, rows, times_segments


def frozen_linear(
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
    x = as_autocast_has_it(x)
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
        return F.linear(x, times_segments(weight, values, 0, sizes).to(x.dtype), shift)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, values = ctx.saved_tensors
        wants_x, _, wants_bias, wants_values, _ = ctx.needs_input_grad
        for_bias = over_rows(gradient, values.dtype) if wants_bias else None
        if not wants_values:
            whole = times_segments(weight, values, 0, ctx.sizes).to(x.dtype)
            return gradient @ whole if wants_x else None, None, for_bias, None, None
        inputs, slopes = rows(x), torch.split(rows(gradient), ctx.sizes, -1)
        for_x: Tensor | None = None
        for_values = []
        product = torch.empty_like(inputs)  # new memory costs more than the arithmetic
        parts = torch.split(weight.to(x.dtype), ctx.sizes)
        for slope, part, c in zip(slopes, parts, _like(values, x), strict=True):
            torch.mm(slope, part, out=product)
            if wants_x:
                for_x = product * c if for_x is None else for_x.addcmul_(product, c)
            for_values.append(over_rows(product.mul_(inputs), values.dtype))
        for_x = None if for_x is None else for_x.view(x.shape)
        return for_x, None, for_bias, torch.stack(for_values), None


class _ByInputs(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, values: Tensor, sizes: Any
    ) -> Tensor:
        parts = torch.split(weight.to(x.dtype), sizes, 1)
        products = [
            F.linear(one, w) for one, w in zip(torch.split(x, sizes, -1), parts, strict=True)
        ]
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
        for_x = None
        if wants_x:
            for_x = gradient @ times_segments(weight, values, 1, ctx.sizes).to(gradient.dtype)
        for_values = None
        if wants_values:
            sums = [over_rows(gradient * product, values.dtype) for product in products]
            for_values = torch.stack(sums)
        for_bias = over_rows(gradient, values.dtype) if wants_bias else None
        return for_x, None, for_bias, for_values, None


def _like(values: Tensor, activation: Tensor) -> tuple[Tensor, ...]:
    return values.to(activation.dtype).unbind()
