"""The DARTS space: a chain of normal cells, with two that reduce."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from tangle.core import Choice, Rule, Strongest
from tangle.nn import OneOf
from tangle.spaces.blocks.cell import Cell, edge_name
from tangle.spaces.blocks.edge import NONE, Entanglement, GroupMass, Kernels
from tangle.spaces.blocks.factorized_reduce import FactorizedReduce
from tangle.spaces.blocks.operations import (
    Stride,
    dilated_conv,
    pool,
    relu_conv,
    separable_conv,
    skip,
)
from tangle.spaces.blocks.reset import reset_parameters
from tangle.spaces.blocks.zero import Zero

OPERATIONS = (NONE, "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3",
              "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")  # fmt: skip
KINDS = ("normal", "reduce")
NUM_INPUTS = 2
NUM_KEPT = 2
"""Incoming edges that each node of a found cell has."""
_STEM_FACTOR = 3


class DARTSNet(nn.Module):
    """A chain of cells, of which two halve the resolution and double the channels.

    The space of DARTS (Liu et al., ICLR 2019), of the paper's Table 4. A cell sees the outputs of
    the two cells before it and has four nodes, whose concatenation it returns; each of its 14 edges
    has one of eight operations. Normal cells have one architecture, and those that reduce another.

    A found cell keeps two incoming edges for each node, the ones whose best operation other than
    `none` is strongest; all others are `none`. With this rule the space has about `10 ** 18`
    architectures. The defaults have 1,143,034 parameters with weight entanglement and 1,930,618
    with weight sharing.

    Args:
        channels: Channels of the nodes of the first cells.
        num_cells: Number of cells; those at a third and at two thirds reduce.
        num_nodes: Nodes of a cell.
        entangle: True for weight entanglement: one set of weights for both kernel sizes of an
            operation; false for weight sharing: one set for each operation.
        group_mass: Where the total architecture weight of entangled operations acts: `outside`, on
            their output, which is the default, or `inside`, on their kernels, as in the original,
            where normalisation divides it out.
        in_channels: Channels of the images.
        num_classes: Number of classes.

    Raises:
        ValueError: If there are too few cells or nodes, or a group mass is given without
            entanglement.
    """

    def __init__(
        self,
        channels: int = 16,
        *,
        num_cells: int = 8,
        num_nodes: int = 4,
        entangle: bool = True,
        group_mass: GroupMass | None = None,
        in_channels: int = 3,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        _check(num_cells, num_nodes)
        weights = Entanglement(entangle, group_mass)
        self.rules = [rule for kind in KINDS for rule in keep_strongest(kind, num_nodes)]
        before, last, width = _STEM_FACTOR * channels, _STEM_FACTOR * channels, channels
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, last, 3, padding=1, bias=False), nn.BatchNorm2d(last)
        )
        self.cells = nn.ModuleList()
        reduces_before = False
        for reduces in where_reduced(num_cells):
            width *= 2 if reduces else 1
            widths = before, last, width
            self.cells.append(
                _Block(widths, num_nodes, weights, reduces=reduces, reduces_before=reduces_before)
            )
            before, last, reduces_before = last, num_nodes * width, reduces
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(last, num_classes)
        )
        self.init_weights()

    def init_weights(self) -> None:
        """Start all weights afresh, by torch's defaults."""
        reset_parameters(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`, H and W even."""
        before = last = self.stem(x)
        for cell in self.cells:
            before, last = last, cell(before, last)
        return self.head(last)  # type: ignore[no-any-return]


class _Block(nn.Module):
    """A cell behind convolutions that bring its two inputs to one shape; it returns all nodes."""

    def __init__(
        self,
        widths: tuple[int, int, int],
        num_nodes: int,
        weights: Entanglement,
        *,
        reduces: bool,
        reduces_before: bool,
    ) -> None:
        super().__init__()
        before, last, channels = widths
        self.preprocess_before = (
            FactorizedReduce(before, channels) if reduces_before else relu_conv(before, channels, 1)
        )
        self.preprocess_last = relu_conv(last, channels, 1)

        def edge(node: int, source: int) -> OneOf:
            stride: Stride = 2 if reduces and source < NUM_INPUTS else 1
            name = f"{KINDS[reduces]}_{edge_name(node, source)}"
            return _edge(name, channels, stride, weights)

        self.cell = Cell(NUM_INPUTS, num_nodes, edge)

    def forward(self, before: Tensor, last: Tensor) -> Tensor:
        """Return `[B, num_nodes * channels, H', W']` for the outputs of the two cells before."""
        return torch.cat(self.cell(self.preprocess_before(before), self.preprocess_last(last)), 1)


def _edge(name: str, channels: int, stride: Stride, weights: Entanglement) -> OneOf:
    def normalised(kind: Literal["max", "avg"]) -> nn.Module:
        return nn.Sequential(pool(kind, stride=stride), nn.BatchNorm2d(channels, affine=False))

    return weights.edge(
        name,
        OPERATIONS,
        families=[
            Kernels(lambda size: separable_conv(channels, size, stride=stride),
                    {"sep_conv_3x3": 3, "sep_conv_5x5": 5}),
            Kernels(lambda size: dilated_conv(channels, size, stride=stride),
                    {"dil_conv_3x3": 3, "dil_conv_5x5": 5}),
        ],
        others={
            NONE: Zero(stride),
            "max_pool_3x3": normalised("max"),
            "avg_pool_3x3": normalised("avg"),
            "skip_connect": skip(channels, stride=stride),
        },
    )  # fmt: skip


def where_reduced(num_cells: int) -> list[bool]:
    """Return for each cell whether it reduces: the ones at a third and at two thirds do."""
    return [i in (num_cells // 3, 2 * num_cells // 3) for i in range(num_cells)]


def keep_strongest(kind: str, num_nodes: int) -> list[Rule]:
    """Return the rule of each node of a kind of cell: two of its incoming edges stay."""
    return [
        Strongest(
            tuple(Choice(f"{kind}_{edge_name(node, s)}", OPERATIONS) for s in range(node)),
            NONE,
            NUM_KEPT,
        )
        for node in range(NUM_INPUTS, NUM_INPUTS + num_nodes)
    ]


def _check(num_cells: int, num_nodes: int) -> None:
    if num_cells < 3 or num_nodes < 1:
        raise ValueError(
            f"num_cells is {num_cells} and num_nodes is {num_nodes}: there must be at least 3 "
            "cells, of which the ones at a third and at two thirds reduce, and 1 node in each"
        )
