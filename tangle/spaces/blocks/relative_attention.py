"""Attention with 2-D relative positions of keys and of values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tangle.spaces.blocks.relative_position import RelativePosition2d, places


class RelativeAttention2d(nn.Module):
    """Attention in which a position on either side adds to logits and to outputs.

    With the vectors `r` of a pair of places, logits are `(q k + q r_key) / sqrt(head_dim)` and
    outputs `sum_j a_j (v_j + r_value)`. As `r` is a sum of one vector for the key's row and one for
    its column, queries are continued by `q r` for each row and column, and keys and values by a one
    in theirs: plain attention then yields the logits, and beside the output how much attention each
    row and column got, which `r_value` turns into the second part of the output.

    All heads share the tables, so the number of heads is free.

    Args:
        head_dim: Width of a head.
        side: Rows (and columns) of the grid of patches, which a class token precedes.
        max_distance: Largest offset that is told from larger ones, patches.
    """

    places: Tensor

    def __init__(self, head_dim: int, side: int, *, max_distance: int = 14) -> None:
        super().__init__()
        self.key_position = RelativePosition2d(head_dim, side, max_distance=max_distance)
        self.value_position = RelativePosition2d(head_dim, side, max_distance=max_distance)
        self.register_buffer("places", places(side), persistent=False)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return `[B, heads, T, head_dim]` for queries, keys and values of that shape each."""
        head_dim = q.shape[-1]
        pulls = torch.einsum("bhtd,tpd->bhtp", q, self.key_position())
        here = self.places.to(k.dtype).expand(*k.shape[:2], -1, -1)
        y = F.scaled_dot_product_attention(
            torch.cat([q, pulls.to(q.dtype)], -1),
            torch.cat([k, here], -1),
            torch.cat([v, here], -1),
            scale=head_dim**-0.5,
        )
        y, shares = y.split([head_dim, y.shape[-1] - head_dim], -1)
        return y + torch.einsum("bhtp,tpd->bhtd", shares, self.value_position()).to(y.dtype)
