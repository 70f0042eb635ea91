"""Queries for attention that takes its scale from the width it sees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from tangle.core import Choice, Size, as_size
from tangle.nn.binding import bound
from tangle.nn.elastic import Branch, Elastic, Extraction
from tangle.nn.functional import joint_weights


class AttentionScale(Elastic):
    """Gives queries of a relaxed width the attention scale of each width, in its share.

    Attention divides by the root of the width of a head, and so does
    `scaled_dot_product_attention`, by the width that it sees. Superposed it sees the largest one;
    queries times `sum_j w_j sqrt(largest / width_j)` make up for that. At a one-hot architecture
    that is exactly the smaller network's scale; sliced or extracted there is nothing to do.

    Args:
        width: Width of the queries, all heads together.
    """

    roots: Tensor

    def __init__(self, width: Size | int) -> None:
        super().__init__()
        self._width = as_size(width)
        largest, table = self._width.max, self._width.table()
        roots = torch.tensor([math.sqrt(largest / extent) for extent in table], dtype=torch.float64)
        self.register_buffer("roots", roots, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return queries `[..., width]` for queries `[..., width]`."""
        scope = bound()
        sliced = scope.sliced()
        if all(choice.name in sliced for choice in self._width.choices):
            return x
        weights = joint_weights(scope.weights(), self._width.choices)
        return x * (weights @ self.roots.to(weights.dtype)).to(x.dtype)

    def own_choices(self) -> Sequence[Choice]:
        """Return the choices of the width."""
        return self._width.choices

    def branches(self) -> Sequence[Branch]:
        """Nothing is inside."""
        return ()

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return torch's module that does nothing."""
        return nn.Identity()
