"""Linear layers with a coupled mask, without a gradient as large as the weight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from tangle.nn.axis import Axis
from tangle.nn.functional import in_full_precision, superposition
from tangle.nn.superpose import Mask

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
    x: Tensor, weight: Tensor, mask: Mask, dim: int, sizes: Sequence[int]
) -> Tensor:
    """Return `(weight * mask) x`, as a sum or a row of products with parts of the weight.

    With the mask's value `c` in each segment `s` of the input, `y = sum_s c_s * (W_s x_s)`; of the
    output, `y_s = W_s (c_s * x)`. The gradient of `c` is then a sum over the batch of products of
    activations. By the superposed weight it would need that weight's own gradient, which costs as
    much as the layer itself and is of no use if the weight is not trained.

    Args:
        x: `[..., in]`.
        weight: `[out, in]`, which gets no gradient.
        mask: Of both dimensions.
        dim: The dimension that is in segments: 0, the output, or 1, the input.
        sizes: Sizes of the segments.
    """
    values = _values(mask, dim, sizes)
    parts = torch.split(weight, list(sizes), dim)
    if dim == 0:
        products = [F.linear(x * _like(c, x), part) for c, part in zip(values, parts, strict=True)]
        return torch.cat(products, -1)
    inputs = torch.split(x, list(sizes), -1)
    products = [F.linear(one, part) for one, part in zip(inputs, parts, strict=True)]
    total = products[0] * _like(values[0], products[0])
    for product, c in zip(products[1:], values[1:], strict=True):
        total = torch.addcmul(total, product, _like(c, product))
    return total


def _values(mask: Mask, dim: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    """Return the mask in each segment, a vector along the other dimension."""
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    memberships = list(mask.memberships)
    # Columns one by one: indexing by a list would stall an accelerator.
    memberships[dim] = torch.stack([memberships[dim][:, start] for start in starts], 1)
    with in_full_precision(mask.weights.device):
        return superposition(mask.weights, memberships).unbind(dim)


def _like(vector: Tensor, activation: Tensor) -> Tensor:
    return vector.to(activation.dtype)
