"""Small instances of every search space, which the invariants run on. Add yours here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tangle.spaces import GPT, AutoFormer, ToyConvMacro


@dataclass(frozen=True)
class SpaceCase:
    """A small network of a space, and an input of it."""

    build: Callable[[], nn.Module]
    example: Callable[[torch.Generator], Tensor]


CASES = {
    "toy_conv_macro": SpaceCase(
        lambda: ToyConvMacro(
            ((2, 3, 4), (3, 4, 6), (4, 8, 6), (5, 7, 9)),
            in_channels=2, image_size=16, last_channels=8, hidden=(16, 8), dropout=0.0,
        ),
        lambda g: torch.randn(3, 2, 16, 16, generator=g),
    ),
    "gpt": SpaceCase(
        lambda: GPT(
            30, 12, embed_dim=(12, 24, 36), depth=(1, 2, 4), num_heads=(2, 3, 6),
            mlp_ratio=(1.5, 2, 3.5), dropout=0.0,
        ),
        lambda g: torch.randint(30, (2, 10), generator=g),
    ),
    "autoformer": SpaceCase(
        lambda: AutoFormer(
            image_size=12, patch_size=4, in_channels=2, num_classes=5, embed_dim=(8, 10, 12),
            depth=(1, 2, 3), num_heads=(1, 2, 3), mlp_ratio=(1.5, 2), head_dim=4, drop_path=0.0,
            max_distance=1,
        ),
        lambda g: torch.randn(2, 2, 12, 12, generator=g),
    ),
}  # fmt: skip
