"""Networks with everything that a cost can depend on, for tests of costs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice


class _Add(nn.Module):
    """A layer between a residual branch, so that a depth of any blocks keeps the shape."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inside(x)


class ConvNet(nn.Module):
    """Depth, operations with entangled groups, depthwise kernels, strides, norms and biases."""

    def __init__(self) -> None:
        super().__init__()
        width = Choice("width", (8, 4))
        self.stem = nn.Sequential(tnn.Conv2d(3, width, 3, padding=1, stride=2),
                                  tnn.BatchNorm2d(width))  # fmt: skip
        self.blocks = tnn.Stack(Choice("depth", (2, 0, 3)), [_Add(self._edge(i, width))
                                                             for i in range(3)])  # fmt: skip
        self.norm = tnn.GroupNorm(width // 4, width)
        self.head = nn.Linear(4, 5)

    def _edge(self, number: int, width: Choice) -> nn.Module:
        inner = Choice("kernel", (3, 5))
        mixer = nn.Sequential(
            tnn.Conv2d(width, width, inner, padding=inner // 2, groups=width),
            tnn.Conv2d(width, width, 1, bias=False),
        )
        choice = Choice(f"op_{number}", ("five", "skip", "wide", "three"))
        hidden = width * Choice("ratio", (2, 3))
        return tnn.OneOf(choice, {
            "five": tnn.Group(mixer, inner, ("three", "five")),
            "skip": nn.Identity(),
            "wide": nn.Sequential(tnn.Conv2d(width, hidden, 1), nn.ReLU(),
                                  tnn.Conv2d(hidden, width, 1)),
        })  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.blocks(self.stem(x)))
        return self.head(x.flatten(2).transpose(1, 2).flatten(1)[:, :4])


class TokenNet(nn.Module):
    """Attention, a plain layer for each head, a tied output, and a block that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        width, heads = Choice("width", (12, 8)), Choice("heads", (1, 2, 3))
        self.tokens = tnn.Embedding(11, width)
        self.position = tnn.Tensor(6, width)
        self.q, self.k, self.v = (tnn.Linear(width, heads * 4) for _ in range(3))
        self.per_head = nn.Linear(4, 4)
        self.proj = tnn.Linear(heads * 4, width)
        shared = _Add(tnn.Linear(width, width))
        self.once, self.again = tnn.Stack(Choice("more", (0, 1)), [shared]), shared
        self.norm = tnn.RMSNorm(width)
        self.out = tnn.Linear(width, 11, bias=False)
        self.out.weight = self.tokens.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.position.value
        q, k, v = (
            self.per_head(layer(x).unflatten(-1, (-1, 4))).transpose(1, 2)
            for layer in (self.q, self.k, self.v)
        )
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return self.out(self.norm(self.again(self.once(x + self.proj(y)))))


class SharedNet(nn.Module):
    """Blocks that choices of depth and of operation use several times, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        width = Choice("width", (4, 8))
        self.start = tnn.Linear(3, width)
        often, rare = (nn.Sequential(tnn.Linear(width, width), nn.Tanh()) for _ in range(2))
        self.blocks = tnn.Stack(Choice("depth", (1, 3)), [often, tnn.LayerNorm(width), often])
        self.one = tnn.OneOf(
            Choice("one", ("a", "b", "c")),
            {"a": often, "b": nn.Sequential(rare, often), "c": tnn.Linear(width, width)},
        )
        self.other = tnn.OneOf(
            Choice("other", ("a", "b", "c")),
            {"a": nn.Identity(), "b": rare, "c": nn.Identity()},
        )
        self.head = tnn.Linear(width, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.other(self.one(self.blocks(self.start(x)))))


NETS = {
    "conv": (ConvNet, torch.zeros(2, 3, 8, 8)),
    "tokens": (TokenNet, torch.zeros(2, 6, dtype=torch.long)),
    "shared": (SharedNet, torch.zeros(2, 3)),
}
