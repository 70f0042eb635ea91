"""The superposition equation: many nested versions of a tensor as one tensor.

A tensor of the largest network depends on a few choices. Let `j` run over the joint candidates of
these choices, `w_j` be the product of their architecture weights, and `m_d[j]` mark the entries
that candidate `j` keeps along dimension `d`. Then

    superposed = W * sum_j w_j m_1[j] x ... x m_D[j]

which is what zero-padding every version to the largest shape and adding up gives (Algorithms 1
and 2 of "Weight-Entanglement Meets Gradient-Based Neural Architecture Search"), at the cost of one
mask. Dimensions that share no choice are independent, so their sums are taken apart and multiplied.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.core import Choice


def joint_weights(weights: Mapping[str, Tensor], choices: Sequence[Choice]) -> Tensor:
    """Return the architecture weight of every joint candidate, `[J]`, first choice slowest."""
    joint = weights[choices[0].name]
    for choice in choices[1:]:
        joint = (joint[:, None] * weights[choice.name]).flatten()
    return joint


def superposition(weights: Tensor, memberships: Sequence[Tensor]) -> Tensor:
    """Return `sum_j w_j m_1[j] x ... x m_D[j]`, shape `[n_1, ..., n_D]`.

    Args:
        weights: Weight of each joint candidate, `[J]`.
        memberships: For each dimension, which entries each joint candidate keeps, `[J, n_d]`.
    """
    first, *others = (membership.to(weights.dtype) for membership in memberships)
    if not others:
        return weights @ first
    rest = others[0]
    for other in others[1:]:
        rest = (rest[:, :, None] * other[:, None]).flatten(1)
    product = (weights[:, None] * first).T @ rest
    return product.reshape([membership.shape[1] for membership in memberships])


def single_at_least(*dtypes: torch.dtype) -> torch.dtype:
    """Return a precision that holds values of all given ones, and statistics: float32 or more."""
    return functools.reduce(torch.promote_types, dtypes, torch.float32)


def in_full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return a context without autocast, for sums that lose too much in half precision."""
    available = torch.amp.is_autocast_available(device.type)  # not so on meta
    if not (available and torch.is_autocast_enabled(device.type)):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def mix(weights: Tensor, activations: Sequence[Tensor]) -> Tensor:
    """Return `sum_i w_i h_i` for activations of one shape; weights are `[len(activations)]`.

    Raises:
        ValueError: If shapes differ, even where one could be broadcast, or one is no tensor.
    """
    for activation in activations:
        if not isinstance(activation, Tensor):
            raise ValueError(
                f"A candidate gives a {type(activation).__name__}, which can't be mixed: let every "
                "operation, and every block of a stack, give one tensor"
            )
        if activation.shape != activations[0].shape:
            raise ValueError(
                f"Candidates give outputs of shapes {list(activations[0].shape)} and "
                f"{list(activation.shape)}, which can't be mixed: let every operation, or every "
                "candidate depth, give the same shape"
            )
    if len({activation.dtype for activation in activations}) == 1:
        return _Mix.apply(weights, *activations)  # type: ignore[no-any-return]
    mixture = activations[0] * weights[0]
    for weight, activation in zip(weights[1:], activations[1:], strict=True):
        mixture = torch.addcmul(mixture, activation, weight)
    return mixture


class _Mix(torch.autograd.Function):
    """The sum in one place: new memory for each summand costs more than the arithmetic."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, *activations: Tensor) -> Tensor:
        ctx.save_for_backward(weights, *(activations if ctx.needs_input_grad[0] else ()))
        first, *others = weights.unbind()
        mixture = activations[0] * first
        for weight, activation in zip(others, activations[1:], strict=True):
            mixture.addcmul_(activation, weight)
        return mixture

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weights, *activations = ctx.saved_tensors
        wants_weights, *wanted = ctx.needs_input_grad
        for_weights = None
        if wants_weights:
            products = ((gradient * activation).sum(dtype=weights.dtype)
                        for activation in activations)  # fmt: skip
            for_weights = torch.stack(list(products))
        pulled = (gradient * w if wants else None
                  for w, wants in zip(weights.unbind(), wanted, strict=True))  # fmt: skip
        return for_weights, *pulled


def along(vector: Tensor, dims: Sequence[int], ndim: int) -> Tensor:
    """Return `vector` viewed so that it broadcasts along `dims` of a tensor of `ndim` dims."""
    if ndim == 1:
        return vector
    shape = [1] * ndim
    for dim, extent in zip(dims, vector.shape, strict=True):
        shape[dim] = extent
    return vector.view(shape)
