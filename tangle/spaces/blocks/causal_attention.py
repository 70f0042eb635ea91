"""Causal self-attention that splits a width among a choice of heads."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice, Size, as_size


class CausalSelfAttention(nn.Module):
    """Causal multi-head attention whose heads share the width of the residual stream.

    More heads are narrower ones, so no head count is a slice of another: superposed, the attention
    itself (only) runs once for each and the outputs are mixed. Channel `c` belongs to head
    `c mod num_heads`; the heads of a smaller width are then prefixes of the heads of a larger one,
    for every head count, which heads of consecutive channels would not be.

    Queries, keys and values are three layers: in a fused one, a smaller version would be no
    prefix.

    Args:
        embed_dim: Width of the residual stream.
        num_heads: Numbers of heads to choose from.
        bias: Whether the layers have biases.
        dropout: Probability of dropping an attention weight or an output.

    Raises:
        ValueError: If a number of heads does not divide a width.
    """

    def __init__(
        self,
        embed_dim: Size | int,
        num_heads: Choice,
        *,
        bias: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        counts = num_heads.table()
        _check_divides(as_size(embed_dim), counts)
        self.q = tnn.Linear(embed_dim, embed_dim, bias)
        self.k = tnn.Linear(embed_dim, embed_dim, bias)
        self.v = tnn.Linear(embed_dim, embed_dim, bias)
        self.scale = tnn.AttentionScale(embed_dim)
        self.core = tnn.OneOf(num_heads, {str(h): _Core(h, dropout) for h in counts})
        self.proj = tnn.Linear(embed_dim, embed_dim, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, T, embed_dim]` for `[B, T, embed_dim]`."""
        y = self.core(self.scale(self.q(x)), self.k(x), self.v(x))
        return self.dropout(self.proj(y))  # type: ignore[no-any-return]


class _Core(nn.Module):
    """Causal attention of one number of heads."""

    def __init__(self, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout = nn.Dropout(dropout)

    def forward(self, *qkv: Tensor) -> Tensor:
        """Return `[B, T, embed_dim]` for queries, keys and values of that shape each."""
        q, k, v = (
            x.unflatten(-1, (-1, self.num_heads)).movedim(-1, 1).contiguous()  # [B, heads, T, _]
            for x in qkv
        )
        dropout = self.dropout.p if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        return y.movedim(1, -1).flatten(2)


def _check_divides(width: Size, counts: tuple[int, ...]) -> None:
    for heads in counts:
        if heads < 1 or any(extent % heads for extent in width.table()):
            raise ValueError(
                f"num_heads has the candidate {heads}, which does not divide every width of "
                f"{width}, {width.table()}: the heads share the width, so choose numbers that "
                "divide all of them"
            )
