"""Networks that run at every choice, but are not the same superposed, sliced and extracted."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice

WIDTH = Choice("width", (4, 8, 12))


class Mlp(nn.Module):
    """A right one, whose middle others change."""

    def __init__(self, hidden: int = 1) -> None:
        super().__init__()
        self.up = tnn.Linear(12, WIDTH * hidden)
        self.down = tnn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.middle(self.up(x)))

    def middle(self, x: Tensor) -> Tensor:
        return x.relu()


class Gated(Mlp):
    """Splits a width that varies in two."""

    def __init__(self) -> None:
        super().__init__(hidden=2)

    def middle(self, x: Tensor) -> Tensor:
        value, gate = x.chunk(2, -1)
        return value * gate.sigmoid()


class Concatenated(nn.Module):
    """Concatenates two widths that vary."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = tnn.Linear(12, WIDTH), tnn.Linear(12, WIDTH)
        self.down = tnn.Linear(WIDTH * 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(torch.cat([self.left(x), self.right(x)], -1))


class Softmax(Mlp):
    def middle(self, x: Tensor) -> Tensor:
        return x.softmax(-1)


class Centred(Mlp):
    def middle(self, x: Tensor) -> Tensor:
        return x - x.mean(-1, keepdim=True)


class FunctionalNorm(Mlp):
    def middle(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:])


class Flipped(Mlp):
    def middle(self, x: Tensor) -> Tensor:
        return x.flip(-1)


class Reciprocal(Mlp):
    """Is infinite where superposed entries are zero."""

    def middle(self, x: Tensor) -> Tensor:
        return 1 / x


class FixedHeads(nn.Module):
    """Splits a width that varies into a fixed number of heads."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (tnn.Linear(3, WIDTH) for _ in range(3))
        self.down = tnn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(-1, (4, 3))
        q, k, v = (f(x).unflatten(-1, (2, -1)).transpose(1, 2) for f in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.down(y.transpose(1, 2).flatten(2)).mean(1)


class ByAttribute(Mlp):
    """Reads a width off a layer, of which an extracted one has another."""

    def middle(self, x: Tensor) -> Tensor:
        return x / math.sqrt(self.up.out_features)


class ByMethod(Mlp):
    """Calls what only layers with choices have."""

    def middle(self, x: Tensor) -> Tensor:
        weight = self.up.read("weight")
        return x * weight.sum()


class Broadcast(nn.Module):
    """Adds a width of one to another, which torch broadcasts."""

    def __init__(self) -> None:
        super().__init__()
        self.one = tnn.Linear(12, Choice("gates", (1, 4)))
        self.other, self.down = nn.Linear(12, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.one(x) + self.other(x))


SUPERPOSED = {
    Gated: r"in the forward of Gated, between up and down",
    Concatenated: r"in the forward of Concatenated, between right and down",
    Softmax: r"in the forward of Softmax, between up and down",
    Centred: r"in the forward of Centred, between up and down",
    FunctionalNorm: r"in the forward of FunctionalNorm, between up and down",
    Flipped: r"in the forward of Flipped, between up and down",
    Reciprocal: r"in the forward of Reciprocal, between up and down",
    FixedHeads: r"in the forward of FixedHeads, between v and down",
    Broadcast: r"in the forward of Broadcast, between other and down",
}
"""Those that differ superposed, and where."""
