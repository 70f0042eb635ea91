"""Small instances of every search space, which the invariants run on. Add yours here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from tangle.nn import KernelTransforms, Staged
from tangle.spaces import (
    GPT,
    AutoFormer,
    DARTSNet,
    MobileNetV3,
    NASBench201,
    ToyCell,
    ToyConvMacro,
)


@dataclass(frozen=True)
class SpaceCase:
    """A small network of a space, an input of it, and candidates that add nothing.

    Attributes:
        architectures: How many random ones to compare; fewer where a network has many layers.
        beyond: How many weights the smallest architecture reads that its extracted network lacks.
    """

    build: Callable[[], nn.Module]
    example: Callable[[torch.Generator], Tensor]
    zeros: tuple[str, ...] = ()
    architectures: int = 20
    beyond: int = 0


def toy_cell(*, entangle: bool) -> SpaceCase:
    return SpaceCase(
        lambda: ToyCell(
            (2, 3, 4), entangle=entangle, in_channels=2, image_size=12, hidden=8, dropout=0.0
        ),
        lambda g: torch.randn(4, 2, 12, 12, generator=g),
        architectures=5,
    )


def nasbench201(*, entangle: bool, parts: int = 1) -> SpaceCase:
    widths = (3, 4) if parts == 1 else (4, 6)
    return SpaceCase(
        lambda: NASBench201(
            widths, num_cells=1, entangle=entangle, partial_channels=parts, in_channels=2
        ),
        lambda g: torch.randn(4, 2, 8, 8, generator=g),
        zeros=("none",),
        architectures=5,
    )


def darts(*, entangle: bool, parts: int = 1, edges: bool = False) -> SpaceCase:
    return SpaceCase(
        lambda: DARTSNet(
            2 * parts,
            num_cells=3,
            num_nodes=2,
            entangle=entangle,
            partial_channels=parts,
            edge_normalization=edges,
            in_channels=2,
        ),
        lambda g: torch.randn(4, 2, 12, 12, generator=g),
        zeros=("none",),
        architectures=5,
    )


def first_stage(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, Staged):
            module.begin(0)
    return net


def first_stage_of_nasbench201() -> nn.Module:
    return first_stage(NASBench201((8, 12), num_cells=1, partial_channels=[4, 2], in_channels=2))


def first_stage_of_darts() -> nn.Module:
    return first_stage(DARTSNet(8, num_cells=3, num_nodes=2, partial_channels=[4, 2],
                                edge_normalization=True, in_channels=2))  # fmt: skip


def mobilenetv3() -> nn.Module:
    net = MobileNetV3(width=0.25, expansion=(1.5, 2, 3), depth=(1, 2), in_channels=2,
                      num_classes=4, dropout=0.0)  # fmt: skip
    for module in net.modules():
        if isinstance(module, KernelTransforms):
            for matrix in module.matrices:  # away from identity
                nn.init.normal_(matrix, std=0.2)
    return net


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
    "mobilenetv3": SpaceCase(
        mobilenetv3,
        lambda g: torch.randn(4, 2, 33, 33, generator=g),
        architectures=5,
        # In each of five blocks both matrices, and of 144 kernels the rim of 5 around 3.
        beyond=5 * (25**2 + 9**2) + 144 * (5**2 - 3**2),
    ),
    "toy_cell": toy_cell(entangle=True),
    "toy_cell_shared": toy_cell(entangle=False),
    "nasbench201": nasbench201(entangle=True),
    "nasbench201_shared": nasbench201(entangle=False),
    "darts": darts(entangle=True),
    "darts_shared": darts(entangle=False),
    "nasbench201_partial": nasbench201(entangle=True, parts=2),
    "darts_partial_shared": darts(entangle=False, parts=2),
    "darts_partial_normalized": darts(entangle=True, parts=4, edges=True),
    "nasbench201_widening": replace(
        nasbench201(entangle=True), build=first_stage_of_nasbench201, architectures=3
    ),
    "darts_widening_normalized": replace(
        darts(entangle=True), build=first_stage_of_darts, architectures=3
    ),
}  # fmt: skip
