"""An embedding table with a choice of widths."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from tangle.core import Size, as_size
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.entangled import Entangled


class Embedding(Entangled, nn.Embedding):
    """`torch.nn.Embedding` of which every width is a prefix of the largest.

    Args:
        num_embeddings: Number of rows; not a choice.
        embedding_dim: Width of a row.
    """

    def __init__(self, num_embeddings: int, embedding_dim: Size | int) -> None:
        self_dim = as_size(embedding_dim)
        nn.Embedding.__init__(self, num_embeddings, self_dim.max)
        self.entangle(weight=(Axis(as_size(num_embeddings)), Axis(self_dim)))
        self._dim = self_dim

    def forward(self, x: Tensor) -> Tensor:
        """Return rows `[..., embedding_dim]` for indices `[...]`."""
        if not bound().is_relaxed:
            return F.embedding(x, self.cut("weight"))
        rows = F.embedding(x, self.whole("weight"))
        for factor in self.masked("weight"):  # masking the rows looked up, not the whole table
            rows = rows * self.mask(factor).to(rows.dtype)
        return rows

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return `torch.nn.Embedding` of the size at `arch`, on the meta device."""
        return nn.Embedding(self.num_embeddings, self._dim.at(arch), device="meta")
