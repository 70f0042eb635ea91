"""How far apart tensors are of which one may be a larger version of the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves


def tensors_in(values: Any) -> list[Tensor]:
    """Return all tensors in a nest of containers and of data classes, in order."""
    found: list[Tensor] = []
    for leaf in tree_leaves(values):
        if isinstance(leaf, Tensor):
            found.append(leaf)
        elif is_dataclass(leaf) and not isinstance(leaf, type):
            found += tensors_in([getattr(leaf, field.name) for field in fields(leaf)])
    return found


def difference(one: Tensor, other: Tensor) -> float:
    """Return the largest difference of two tensors, relative to the largest number of the second.

    Equal infinities, and nan and nan, do not differ; where only one is not finite, they differ
    infinitely, and so they do if their shapes are not the same.
    """
    if one.shape != other.shape:
        return math.inf
    if one.numel() == 0:
        return 0.0
    one, other = (tensor.to(torch.float64) for tensor in (one, other))
    same = torch.isclose(one, other, rtol=0, atol=0, equal_nan=True)
    gap = (one - other).abs().masked_fill(same, 0.0).nan_to_num(math.inf, math.inf).max()
    scale = other.abs().nan_to_num(0.0, 0.0, 0.0).max().clamp_min(1e-30)
    return float(gap / scale)


def excess(large: Sequence[Tensor], small: Sequence[Tensor], *, ends_in_zeros: bool) -> float:
    """Return how far tensors are from beginning with other ones, as the largest difference.

    They do so if each has at least the other's extent along each dimension, and equals it there.

    Args:
        large: The tensors.
        small: What they are to begin with.
        ends_in_zeros: Whether what follows is to be zero; else it only must not be infinite or nan
            where all of the other is finite.
    """
    if len(large) != len(small):
        return math.inf
    return max(
        (_excess(*pair, ends_in_zeros) for pair in zip(large, small, strict=True)), default=0
    )


def _excess(large: Tensor, small: Tensor, ends_in_zeros: bool) -> float:
    if large.dim() != small.dim() or any(
        mine < others for mine, others in zip(large.shape, small.shape, strict=True)
    ):
        return math.inf
    start = tuple(slice(extent) for extent in small.shape)
    if ends_in_zeros:
        padded = torch.zeros_like(large)
        padded[start] = small.to(large.dtype)
        return difference(large, padded)
    if bool(small.isfinite().all()) and not bool(large.isfinite().all()):
        return math.inf
    return difference(large[start], small)
