"""The two-layer perceptron of a transformer block."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Size


class MLP(nn.Module):
    """Widen, apply the GELU, and come back.

    Args:
        embed_dim: Width of the residual stream.
        hidden: Width in between, such as `embed_dim * ratio`.
        bias: Whether the layers have biases.
        gelu: `tanh` for the approximation of GPT-2, `none` for the exact function.
        dropout: Probability of dropping an output.
    """

    def __init__(
        self,
        embed_dim: Size | int,
        hidden: Size | int,
        *,
        bias: bool,
        gelu: Literal["none", "tanh"] = "tanh",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.widen = tnn.Linear(embed_dim, hidden, bias)
        self.act = nn.GELU(approximate=gelu)
        self.proj = tnn.Linear(hidden, embed_dim, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, T, embed_dim]` for `[B, T, embed_dim]`."""
        return self.dropout(self.proj(self.act(self.widen(x))))  # type: ignore[no-any-return]
