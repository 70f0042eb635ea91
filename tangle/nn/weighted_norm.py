"""Normalisation whose statistics are weighted by how much of each entry is present."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.nn.functional import in_full_precision, single_at_least


def weighted_norm(
    x: Tensor, presence: Tensor, scale: Tensor, shift: Tensor | None, *, eps: float, centre: bool
) -> Tensor:
    """Return `x` normalised along its last dimension by weighted statistics, scaled and shifted.

    With `p = presence / sum(presence)`, mean and variance are `sum_i p_i x_i` and
    `sum_i p_i (x_i - mean)^2`. Where presence is one on a prefix and zero beyond, that is exactly
    the normalisation of the prefix; where it is one everywhere, that of the whole. Statistics are
    computed in single precision at least.

    Args:
        x: `[..., D]`.
        presence: Tail sums of architecture weights, `[D]`, not negative, not all zero.
        scale: `[D]`.
        shift: `[D]` or None.
        eps: Added to the variance.
        centre: Whether to subtract the mean (layer norm) or not (RMS norm).
    """
    dtype = single_at_least(x.dtype, presence.dtype)
    vectors = presence / presence.sum(), scale, shift
    precise = [None if vector is None else vector.to(dtype) for vector in vectors]
    with in_full_precision(x.device):
        y: Tensor = _WeightedNorm.apply(x.to(dtype), *precise, eps, centre)
    return y.to(x.dtype)


class _WeightedNorm(torch.autograd.Function):
    """One pass forward and one backward, in place of some twenty elementwise operations.

    With `h = (x - mean) / std` and `g` the gradient of `h`: the mean moves by `p_i dx_i` and the
    variance by `2 p_i (x_i - mean) dx_i`, so `dx = (g - p (sum g + h sum(g h))) / std`. A change
    of all `p_i` by the same amount cancels in `presence / sum(presence)`, so those terms are left
    out of the gradient of `p`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weights: Tensor,
        scale: Tensor,
        shift: Tensor | None,
        eps: float,
        centre: bool,
    ) -> Tensor:
        # New memory costs more than the arithmetic, so every buffer is used again.
        normal = x - (x @ weights)[..., None] if centre else x
        y = normal * normal
        inverse_std = (y @ weights).add_(eps).rsqrt_()[..., None]
        normal = normal.mul_(inverse_std) if centre else normal * inverse_std
        ctx.save_for_backward(normal, inverse_std, weights, scale, shift)
        ctx.centre = centre
        if shift is None:
            return torch.mul(normal, scale, out=y)
        return torch.addcmul(shift, normal, scale, out=y)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        normal, inverse_std, weights, scale, shift = ctx.saved_tensors
        wants_x, wants_weights, wants_scale, wants_shift, *_ = ctx.needs_input_grad
        if ctx.centre and wants_x and not wants_weights:
            affine, wanted = (scale, shift), (wants_scale, wants_shift)
            for_normal, *others = _by_torch(gradient, normal, weights, affine, wanted)
            return for_normal.mul_(inverse_std), None, *others, None, None
        rows = -1, weights.shape[0]
        product = gradient * normal
        total = product @ scale
        for_scale = product.reshape(rows).sum(0) if wants_scale else None
        moved = gradient @ scale if ctx.centre else None
        for_weights = None
        if wants_weights:
            torch.mul(normal, normal, out=product)
            for_weights = _weights_gradient(normal, product, moved, total)
        for_x = None
        if wants_x:
            slope = torch.mul(normal, total[..., None], out=product)
            if moved is not None:
                slope += moved[..., None]
            for_x = gradient * scale
            for_x.addcmul_(weights, slope, value=-1).mul_(inverse_std)
        return (
            for_x,
            for_weights,
            for_scale,
            gradient.reshape(rows).sum(0) if wants_shift else None,
            None,
            None,
        )


def _by_torch(
    gradient: Tensor,
    normal: Tensor,
    weights: Tensor,
    affine: tuple[Tensor, Tensor | None],
    wanted: tuple[bool, bool],
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Return the gradients of `(x - mean) / std` as of its own input, of scale and of shift.

    Torch's fused backward of a norm whose mean is 0 and variance 1 gives `t = g - (sum g + h sum(g
    h)) / D`; with `q = D p`, what is wanted is `q t + (1 - q) g`.
    """
    width = normal.shape[-1]
    mean, inverse_std = torch.zeros_like(normal[..., :1]), torch.ones_like(normal[..., :1])
    torchs, for_scale, for_shift = torch.ops.aten.native_layer_norm_backward(
        gradient, normal, [width], mean, inverse_std, *affine, [True, *wanted]
    )
    shares = weights * width
    for_normal = gradient * (affine[0] * (1 - shares))
    return for_normal.addcmul_(torchs, shares), for_scale, for_shift


def _weights_gradient(
    normal: Tensor, square: Tensor, moved: Tensor | None, total: Tensor
) -> Tensor:
    """Sum `-h_i (sum g) - h_i^2 sum(g h) / 2` over all rows.

    Args:
        normal: `h`, `[..., D]`.
        square: `h^2`, `[..., D]`.
        moved: `sum g`, `[...]`, or None if the mean stays.
        total: `sum(g h)`, `[...]`.
    """
    rows = -1, normal.shape[-1]
    pull = total.flatten() @ square.reshape(rows) / -2
    return pull if moved is None else pull.sub_(moved.flatten() @ normal.reshape(rows))
