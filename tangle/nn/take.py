"""A slice of a parameter, whose gradient is put back in one pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def take(tensor: Tensor, slices: tuple[slice, ...]) -> Tensor:
    """Return `tensor[slices]`, a view.

    Indexing records one slice for each dimension, and backward would then write a padded gradient
    for each of them. Here it writes one.
    """
    if all(part == slice(None) for part in slices):
        return tensor
    if torch.compiler.is_compiling() or not (tensor.requires_grad and torch.is_grad_enabled()):
        return tensor[slices]
    return _Take.apply(tensor, slices)  # type: ignore[no-any-return]


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, slices: tuple[slice, ...]) -> Tensor:
        ctx.slices, ctx.shape = slices, tensor.shape
        return tensor[slices]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        whole = gradient.new_zeros(ctx.shape)
        whole[ctx.slices] = gradient
        return whole, None
