"""Self-attention whose heads all have the same width."""

from __future__ import annotations

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Size


class SelfAttention(nn.Module):
    """Multi-head attention with a fixed width per head, so that heads are a pure width.

    Queries, keys and values are three layers: in a fused one, a smaller version would be no
    prefix.

    Args:
        embed_dim: Width of the residual stream.
        num_heads: Number of heads.
        head_dim: Width of a head.
        core: The attention itself, of queries, keys and values `[B, heads, T, head_dim]`.
        bias: Whether the layers have biases.
    """

    def __init__(
        self,
        embed_dim: Size | int,
        num_heads: Size | int,
        *,
        head_dim: int,
        core: nn.Module,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.head_dim = head_dim
        width = num_heads * head_dim
        self.q = tnn.Linear(embed_dim, width, bias)
        self.k = tnn.Linear(embed_dim, width, bias)
        self.v = tnn.Linear(embed_dim, width, bias)
        self.core = core
        self.proj = tnn.Linear(width, embed_dim, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, T, embed_dim]` for `[B, T, embed_dim]`."""
        q, k, v = (
            layer(x).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)  # [B, heads, T, head_dim]
            for layer in (self.q, self.k, self.v)
        )
        y = self.core(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]
