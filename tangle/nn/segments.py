"""Masks of linear layers of which both dimensions vary, segment by segment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from tangle.nn.axis import Axis

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


def times_segments(
    weight: Tensor, values: Tensor, dim: int, sizes: Sequence[int], *, inplace: bool = False
) -> Tensor:
    """Return a weight `[out, in]` times a mask that is constant in segments of a dimension.

    Args:
        weight: The weight.
        values: The mask in each segment, `[segments, in]` or `[segments, out]`.
        dim: The dimension that is in segments: 0, the output, or 1, the input.
        sizes: Sizes of the segments.
        inplace: Whether to change the weight itself.
    """
    whole = weight if inplace else weight.clone()
    start = 0
    for c, size in zip(values.unbind(), sizes, strict=True):
        whole.narrow(dim, start, size).mul_(c if dim == 0 else c[:, None])
        start += size
    return whole


def as_autocast_has_it(x: Tensor) -> Tensor:
    """Return an input in the precision that a linear layer would compute in."""
    device = x.device.type
    available = torch.amp.is_autocast_available(device)  # not so on meta
    if available and torch.is_autocast_enabled(device) and x.dtype != torch.float64:
        return x.to(torch.get_autocast_dtype(device))
    return x


def rows(activation: Tensor) -> Tensor:
    """Return `[rows, width]` for an activation `[..., width]`."""
    return activation.reshape(-1, activation.shape[-1])


def over_rows(activation: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the sum over all but the last dimension, in a precision of its own."""
    return rows(activation).sum(0, dtype=dtype)
