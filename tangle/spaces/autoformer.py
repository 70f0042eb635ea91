"""AutoFormer: vision transformers of elastic width, depth, heads and MLP ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice, Size
from tangle.spaces.blocks.attention import SelfAttention
from tangle.spaces.blocks.drop_path import DropPath
from tangle.spaces.blocks.mlp import MLP
from tangle.spaces.blocks.relative_attention import RelativeAttention2d

_INIT_STD = 0.02


class _Candidates(NamedTuple):
    embed_dim: tuple[int, ...]
    depth: tuple[int, ...]
    num_heads: tuple[int, ...]
    mlp_ratio: tuple[float, ...]


_SIZES = {
    "T": _Candidates((192, 216, 240), (12, 13, 14), (3, 4), (3.5, 4)),
    "S": _Candidates((320, 384, 448), (12, 13, 14), (5, 6, 7), (3, 3.5, 4)),
    "B": _Candidates((528, 576, 624), (14, 15, 16), (9, 10), (3, 3.5, 4)),
}
"""Chen et al., ICCV 2021, table 1, and the TangleNAS paper's appendix, table 17 (T)."""


class Block(nn.Module):
    """Attention and MLP, each normalised before and added to the residual stream."""

    def __init__(
        self, embed_dim: Choice, hidden: Size, attention: SelfAttention, *, drop_path: float
    ) -> None:
        super().__init__()
        self.norm1 = tnn.LayerNorm(embed_dim)
        self.attention = attention
        self.norm2 = tnn.LayerNorm(embed_dim)
        self.mlp = MLP(embed_dim, hidden, bias=True, gelu="none")
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, T, embed_dim]` for `[B, T, embed_dim]`."""
        x = x + self.drop_path(self.attention(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class AutoFormer(nn.Module):
    """A vision transformer with absolute and 2-D relative positions (Chen et al., ICCV 2021).

    Width and depth are one choice each; heads, of a fixed width, and the MLP ratio are a choice for
    every layer. Size T spans 1,056,964,608 architectures, S 7.71e13 and B 1.01e13; the largest of T
    has 10,278,682 parameters for 10 classes, that of S 34,790,440 for 1,000.

    Args:
        size: Whose candidates to take where they are not given: `T`, `S` or `B`.
        image_size: Height and width of the images, pixels.
        patch_size: Height and width of a patch, pixels; divides the image size. 16 for images of
            224 pixels, 4 for those of 32.
        in_channels: Channels of the images.
        num_classes: Number of classes.
        embed_dim: Candidate widths of the residual stream.
        depth: Candidate numbers of blocks.
        num_heads: Candidate numbers of heads of each block.
        mlp_ratio: Candidate ratios of the MLP's width to the residual stream's, for each block.
        head_dim: Width of a head.
        pool: What is classified: the `mean` of the patches, as in the paper, or the `class_token`.
        drop_path: Probability of dropping a residual branch of the last block, for each sample;
            it grows linearly from 0 at the first.
        max_distance: Largest offset, in patches, that relative positions tell from larger ones.

    Raises:
        ValueError: If the size or the pooling is unknown, or the patches do not tile the image.
    """

    def __init__(
        self,
        size: Literal["T", "S", "B"] = "T",
        *,
        image_size: int = 224,
        patch_size: int = 16,
        in_channels: int = 3,
        num_classes: int = 1000,
        embed_dim: Sequence[int] | None = None,
        depth: Sequence[int] | None = None,
        num_heads: Sequence[int] | None = None,
        mlp_ratio: Sequence[float] | None = None,
        head_dim: int = 64,
        pool: Literal["mean", "class_token"] = "mean",
        drop_path: float = 0.1,
        max_distance: int = 14,
    ) -> None:
        super().__init__()
        _check(size, image_size, patch_size, pool)
        default = _SIZES[size]
        width = Choice("embed_dim", tuple(embed_dim or default.embed_dim))
        layers = Choice("depth", tuple(depth or default.depth))
        heads, ratios = num_heads or default.num_heads, mlp_ratio or default.mlp_ratio
        side = image_size // patch_size
        self.image_size = image_size
        self.pool = pool
        self.patches = tnn.Conv2d(in_channels, width, patch_size, stride=patch_size)
        self.class_token = tnn.Tensor(width)
        self.positions = tnn.Tensor(side * side + 1, width)
        self.blocks = tnn.Stack(layers, [
            Block(
                width,
                width * Choice(f"mlp_ratio_{i}", tuple(ratios)),
                SelfAttention(
                    width,
                    Choice(f"num_heads_{i}", tuple(heads)),
                    head_dim=head_dim,
                    core=RelativeAttention2d(head_dim, side, max_distance=max_distance),
                ),
                drop_path=drop_path * i / max(layers.max - 1, 1),
            )
            for i in range(layers.max)
        ])  # fmt: skip
        self.norm = tnn.LayerNorm(width)
        self.head = tnn.Linear(width, num_classes)
        self.init_weights()

    def init_weights(self) -> None:
        """Start weights and position tables from `N(0, 0.02)` cut off at 2 (the paper's start)."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.trunc_normal_(module.weight, std=_INIT_STD)
            elif isinstance(module, nn.LayerNorm):
                nn.init.ones_(module.weight)
            elif isinstance(module, nn.Conv2d):
                module.reset_parameters()
            if isinstance(module, nn.Linear | nn.LayerNorm) and module.bias is not None:
                nn.init.zeros_(module.bias)
        for table in (*self.class_token.parameters(), *self.positions.parameters()):
            nn.init.trunc_normal_(table, std=_INIT_STD)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`.

        Raises:
            ValueError: If the images are not of the size that the network is built for.
        """
        if x.shape[-2:] != (self.image_size, self.image_size):
            raise ValueError(
                f"The images are {x.shape[-2]} x {x.shape[-1]} pixels, but image_size is "
                f"{self.image_size}: resize them, or build the network with their image_size"
            )
        x = self.patches(x).flatten(2).transpose(1, 2)  # [B, side * side, embed_dim]
        token = self.class_token.value.expand(x.shape[0], 1, -1)
        x = self.norm(self.blocks(torch.cat([token, x], 1) + self.positions.value))
        return self.head(x[:, 0] if self.pool == "class_token" else x[:, 1:].mean(1))  # type: ignore[no-any-return]


def _check(size: str, image_size: int, patch_size: int, pool: str) -> None:
    if size not in _SIZES:
        raise ValueError(f"size is {size!r}: AutoFormer has the sizes {', '.join(_SIZES)}")
    if pool not in ("mean", "class_token"):
        raise ValueError(f"pool is {pool!r}: it must be mean or class_token")
    if patch_size < 1 or image_size < 1 or image_size % patch_size:
        raise ValueError(
            f"image_size is {image_size}, but it must be a positive multiple of patch_size, which "
            f"is {patch_size}: patches have to tile the image"
        )
