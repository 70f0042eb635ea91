"""Stochastic depth of a residual branch."""

from __future__ import annotations

from torch import Tensor, nn


class DropPath(nn.Module):
    """Drops a residual branch for some samples of a batch, and scales it for the others.

    Stochastic depth (Huang et al., ECCV 2016). In evaluation it does nothing.

    Args:
        probability: Of dropping the branch, for each sample.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(probability)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, ...]` for a branch's output `[B, ...]`."""
        if not self.training or self.dropout.p == 0:
            return x
        return x * self.dropout(x.new_ones([len(x)] + [1] * (x.dim() - 1)))  # type: ignore[no-any-return]
