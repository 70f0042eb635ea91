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

import torch
from torch import Tensor

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
    mixture = activations[0] * weights[0]
    for weight, activation in zip(weights[1:], activations[1:], strict=True):
        mixture = torch.addcmul(mixture, activation, weight)
    return mixture


def along(vector: Tensor, dims: Sequence[int], ndim: int) -> Tensor:
    """Return `vector` viewed so that it broadcasts along `dims` of a tensor of `ndim` dims."""
    shape = [1] * ndim
    for dim, extent in zip(dims, vector.shape, strict=True):
        shape[dim] = extent
    return vector.view(shape)
