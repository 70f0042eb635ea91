"""A GPT language model of elastic width, depth, heads and MLP ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice, Size
from tangle.spaces.blocks.causal_attention import CausalSelfAttention
from tangle.spaces.blocks.mlp import MLP

_INIT_STD = 0.02


class Block(nn.Module):
    """Attention and MLP, each normalised before and added to the residual stream."""

    def __init__(
        self, embed_dim: Choice, num_heads: Choice, hidden: Size, *, bias: bool, dropout: float
    ) -> None:
        super().__init__()
        self.norm1 = tnn.LayerNorm(embed_dim, bias=bias)
        self.attention = CausalSelfAttention(embed_dim, num_heads, bias=bias, dropout=dropout)
        self.norm2 = tnn.LayerNorm(embed_dim, bias=bias)
        self.mlp = MLP(embed_dim, hidden, bias=bias, dropout=dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, T, embed_dim]` for `[B, T, embed_dim]`."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """GPT-2, its output layer tied to the token embedding.

    Width and depth are one choice each; the number of heads, among which the width is split, and
    the MLP ratio are a choice for every layer. The defaults are the paper's space of 16,120,377
    architectures (Table 8, appendix table 18), whose largest network has 88,362,240 parameters at
    GPT-2's vocabulary and a block of 224 tokens.

    Args:
        vocab_size: Number of tokens: 256 for bytes, 50304 for GPT-2's 50,257, which a multiple of
            64 makes faster.
        block_size: Longest sequence, tokens: the length of the position table.
        embed_dim: Candidate widths of the residual stream.
        depth: Candidate numbers of blocks.
        num_heads: Candidate numbers of heads of each block; each divides every width.
        mlp_ratio: Candidate ratios of the MLP's width to the residual stream's, for each block.
        bias: Whether linear layers and normalisations have biases, as in GPT-2; the paper's have
            none.
        dropout: Probability of dropping embeddings, attention weights and residual branches.

    Raises:
        ValueError: If a number of heads does not divide a width.
    """

    def __init__(
        self,
        vocab_size: int,
        block_size: int,
        *,
        embed_dim: Sequence[int] = (384, 576, 768),
        depth: Sequence[int] = (5, 6, 7),
        num_heads: Sequence[int] = (6, 8, 12),
        mlp_ratio: Sequence[float] = (2, 3, 4),
        bias: bool = False,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        width, layers = Choice("embed_dim", tuple(embed_dim)), Choice("depth", tuple(depth))
        self.vocab_size = vocab_size
        self.block_size = block_size
        self.tokens = tnn.Embedding(vocab_size, width)
        self.positions = tnn.Embedding(block_size, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = tnn.Stack(layers, [
            Block(width, Choice(f"num_heads_{i}", tuple(num_heads)),
                  width * Choice(f"mlp_ratio_{i}", tuple(mlp_ratio)),
                  bias=bias, dropout=dropout)
            for i in range(max(depth))
        ])  # fmt: skip
        self.norm = tnn.LayerNorm(width, bias=bias)
        self.head = tnn.Linear(width, vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        self.init_weights()

    def init_weights(self) -> None:
        """Start from `N(0, 0.02)`, residual projections smaller by `sqrt(2 depth)` (GPT-2)."""
        depth = sum(1 for name, _ in self.named_modules() if name.endswith("mlp"))
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                scale = math.sqrt(2 * depth) if name.endswith("proj") else 1.0
                nn.init.normal_(module.weight, std=_INIT_STD / scale)
            elif isinstance(module, nn.LayerNorm):
                nn.init.ones_(module.weight)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits `[B, T, vocab_size]` for tokens `[B, T]`.

        Raises:
            ValueError: If the sequence is longer than `block_size`.
        """
        length = tokens.shape[1]
        if length > self.block_size:
            raise ValueError(
                f"The sequence has {length} tokens, but block_size is {self.block_size}: "
                "shorten it, or build the network with a larger block_size"
            )
        places = torch.arange(length, device=tokens.device)
        x = self.dropout(self.tokens(tokens) + self.positions(places))
        return self.head(self.norm(self.blocks(x)))  # type: ignore[no-any-return]
