"""A cell of the DARTS space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from tangle.core import Size
from tangle.nn import Gate, OneOf
from tangle.spaces.blocks.cell import Cell, edge_name
from tangle.spaces.blocks.channel_parts import on_part
from tangle.spaces.blocks.drop_path import DropPath
from tangle.spaces.blocks.edge import NONE, Entanglement, Kernels
from tangle.spaces.blocks.factorized_reduce import FactorizedReduce
from tangle.spaces.blocks.kept_edges import NUM_INPUTS, kept_choice, kept_sets
from tangle.spaces.blocks.layers import batch_norm
from tangle.spaces.blocks.operations import (
    Stride,
    dilated_conv,
    pool,
    relu_conv,
    separable_conv,
    skip,
)
from tangle.spaces.blocks.zero import Zero

OPERATIONS = (NONE, "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3",
              "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")  # fmt: skip
KINDS = ("normal", "reduce")


@dataclass(frozen=True)
class CellStyle:
    """What all cells of a network have in common.

    Attributes:
        weights: Whether kernel sizes share weights.
        num_nodes: Nodes of a cell.
        final: Whether the network is one to train after a search: normalisations scale and shift,
            and poolings are not normalised.
        drop_path: Largest probability of dropping an operation's output for a sample.
        parts: An operation runs on one of so many parts of the channels, in each stage.
        edge_normalization: Whether a choice says which incoming edges a node keeps.
    """

    weights: Entanglement
    num_nodes: int = 4
    final: bool = False
    drop_path: float = 0.0
    parts: Sequence[int] = (1,)
    edge_normalization: bool = False


class DARTSCell(nn.Module):
    """A cell behind convolutions that bring its two inputs to one shape; it returns all nodes.

    Args:
        widths: Channels of the cell before the last, of the last one, and of this cell's nodes.
        style: What all cells have in common.
        reduces: Whether the cell halves the resolution.
        reduces_before: Whether the last one did.
    """

    def __init__(
        self,
        widths: tuple[int, int, int],
        style: CellStyle,
        *,
        reduces: bool,
        reduces_before: bool,
    ) -> None:
        super().__init__()
        before, last, channels = widths
        self.preprocess_before: nn.Module = (
            FactorizedReduce(before, channels, affine=style.final)
            if reduces_before
            else relu_conv(before, channels, 1, affine=style.final)
        )
        self.preprocess_last = relu_conv(last, channels, 1, affine=style.final)

        kind = KINDS[reduces]

        def edge(node: int, source: int) -> nn.Module:
            stride: Stride = 2 if reduces and source < NUM_INPUTS else 1
            name = f"{kind}_{edge_name(node, source)}"
            operation = on_part(
                lambda width: _edge(name, width, stride, style),
                channels, parts=style.parts, stride=stride,
            )  # fmt: skip
            sets = kept_sets(node)
            if not style.edge_normalization or len(sets) == 1:
                return operation
            under = [i for i, sources in enumerate(sets) if source in sources]
            return Gate(kept_choice(kind, node), under, operation, Zero(stride))

        self.cell = Cell(NUM_INPUTS, style.num_nodes, edge)

    def forward(self, before: Tensor, last: Tensor) -> Tensor:
        """Return `[B, num_nodes * channels, H', W']` for the outputs of the two cells before."""
        return torch.cat(self.cell(self.preprocess_before(before), self.preprocess_last(last)), 1)


def _edge(name: str, channels: Size | int, stride: Stride, style: CellStyle) -> OneOf:
    affine = style.final

    def dropped(operation: nn.Module) -> nn.Module:
        if style.drop_path == 0 or isinstance(operation, nn.Identity):
            return operation
        return nn.Sequential(operation, DropPath(style.drop_path))

    def pooled(kind: Literal["max", "avg"]) -> nn.Module:
        operation = pool(kind, stride=stride)
        if style.final:
            return dropped(operation)
        return dropped(nn.Sequential(operation, batch_norm(channels, affine=affine)))

    return style.weights.edge(
        name,
        OPERATIONS,
        families=[
            Kernels(
                lambda k: dropped(separable_conv(channels, k, stride=stride, affine=affine)),
                {"sep_conv_3x3": 3, "sep_conv_5x5": 5},
            ),
            Kernels(
                lambda k: dropped(dilated_conv(channels, k, stride=stride, affine=affine)),
                {"dil_conv_3x3": 3, "dil_conv_5x5": 5},
            ),
        ],
        others={
            NONE: Zero(stride),
            "max_pool_3x3": pooled("max"),
            "avg_pool_3x3": pooled("avg"),
            "skip_connect": dropped(skip(channels, stride=stride, affine=affine)),
        },
    )
