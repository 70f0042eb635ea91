"""A linear layer with a choice of widths."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from tangle.core import Size, as_size
from tangle.nn.axis import Axis
from tangle.nn.contraction import Contraction


class Linear(Contraction, nn.Linear):  # type: ignore[misc]  # torch types bias as always there
    """`torch.nn.Linear` of which every width is a prefix of the largest.

    Args:
        in_features: Input width.
        out_features: Output width.
        bias: Whether to add a bias.
    """

    channel_dim = -1

    def __init__(
        self, in_features: Size | int, out_features: Size | int, bias: bool = True
    ) -> None:
        columns, rows = Axis(as_size(in_features)), Axis(as_size(out_features))
        nn.Linear.__init__(self, columns.size.max, rows.size.max, bias)
        self.entangle(weight=(rows, columns), bias=(rows,))
        self._sizes = (columns.size, rows.size)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[..., out_features]` for `[..., in_features]`."""
        return self.contract(x, F.linear)

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return `torch.nn.Linear` of the size at `arch`, on the meta device."""
        columns, rows = (size.at(arch) for size in self._sizes)
        return nn.Linear(columns, rows, self.bias is not None, device="meta")
