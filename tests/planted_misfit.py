"""A network some of whose head counts do not divide some of its widths."""

from __future__ import annotations

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice

WIDTHS, HEADS = (8, 12), (2, 3, 4)


class Split(nn.Module):
    """Reshapes channels to heads and back."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).flatten(-2)


class Planted(nn.Module):
    """3 heads do not divide a width of 8; 2 and 4 divide both."""

    def __init__(self, heads: tuple[int, ...] = HEADS) -> None:
        super().__init__()
        width = Choice("width", WIDTHS)
        self.stem = tnn.Linear(5, width)
        self.split = tnn.OneOf(
            Choice("heads", tuple(map(str, heads))), {str(h): Split(h) for h in heads}
        )
        self.mix = tnn.Linear(width, width * Choice("ratio", (1, 2)))
        self.out = tnn.Linear(width * Choice("ratio", (1, 2)), 3)
        self.fixed = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fixed(self.out(self.mix(self.split(self.stem(x)))))
