"""The NAS-Bench-201 space: one cell of four nodes, repeated."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from tangle.core import Size
from tangle.spaces.blocks.cell import Cell, edge_name
from tangle.spaces.blocks.channel_parts import channel_parts, on_part
from tangle.spaces.blocks.edge import Entanglement, GroupMass, Kernels
from tangle.spaces.blocks.operations import pool, relu_conv, skip
from tangle.spaces.blocks.reset import reset_parameters
from tangle.spaces.blocks.residual import ResidualReduction
from tangle.spaces.blocks.zero import Zero

OPERATIONS = ("avg_pool_3x3", "nor_conv_3x3", "nor_conv_1x1", "skip_connect", "none")
_NODES = 3


class NASBench201(nn.Module):
    """Stages of equal cells, with a residual block between stages that halves the resolution.

    The space of NAS-Bench-201 (Dong & Yang, ICLR 2020), of the paper's Table 3: 15,625
    architectures. A cell has one input, three nodes and six edges, each with one of five
    operations; all cells have one architecture. The defaults have 1,528,186 parameters with weight
    entanglement, where the 1x1 kernel is the centre of the 3x3 one, and 1,692,826 with weight
    sharing.

    Args:
        channels: Channels of each stage.
        num_cells: Number of cells in each stage.
        entangle: True for weight entanglement: one set of weights for both convolutions of an
            edge; false for weight sharing: one set for each.
        group_mass: Where the total architecture weight of entangled operations acts: `outside`, on
            their output, which is the default, or `inside`, on their kernels, as in the original,
            where normalisation divides it out.
        partial_channels: Parts of the channels, of which an operation runs on one, as in PC-DARTS
            (Xu et al., ICLR 2020); the others bypass it. 1 runs it on all channels. Several are
            the stages of a progressive search, which the callback `ProgressiveWidening` goes
            through; without it the network is in the last one.
        in_channels: Channels of the images.
        num_classes: Number of classes.
        affine: Whether normalisations within cells scale and shift; false in a search. With it
            convolutions have no bias, without it they have one.
        track_running_stats: Whether they keep running statistics for evaluation.

    Raises:
        ValueError: If a stage is missing, a group mass is given without entanglement, or channels
            do not divide into parts, or these do not widen.
    """

    def __init__(
        self,
        channels: Sequence[int] = (16, 32, 64),
        *,
        num_cells: int = 5,
        entangle: bool = True,
        group_mass: GroupMass | None = None,
        partial_channels: int | Sequence[int] = 1,
        in_channels: int = 3,
        num_classes: int = 10,
        affine: bool = False,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__()
        _check(channels, num_cells)
        parts = channel_parts(partial_channels, channels)
        weights = Entanglement(entangle, group_mass)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, channels[0], 3, padding=1, bias=False),
            nn.BatchNorm2d(channels[0]),
        )

        def stage(width: int) -> list[nn.Module]:
            return [
                _Block(
                    width, weights, parts=parts, affine=affine,
                    track_running_stats=track_running_stats,
                )
                for _ in range(num_cells)
            ]  # fmt: skip

        self.stages = nn.Sequential(*stage(channels[0]))
        for before, width in pairwise(channels):
            self.stages.extend([ResidualReduction(before, width), *stage(width)])
        self.head = nn.Sequential(
            nn.BatchNorm2d(channels[-1]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(channels[-1], num_classes),
        )  # fmt: skip
        self.init_weights()

    def init_weights(self) -> None:
        """Start all weights afresh, by torch's defaults."""
        reset_parameters(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`."""
        return self.head(self.stages(self.stem(x)))  # type: ignore[no-any-return]


class _Block(nn.Module):
    """A cell whose output is its last node."""

    def __init__(
        self,
        channels: int,
        weights: Entanglement,
        *,
        parts: Sequence[int],
        affine: bool,
        track_running_stats: bool,
    ) -> None:
        super().__init__()

        def operation(name: str, width: Size | int) -> nn.Module:
            convs = Kernels(
                lambda size: relu_conv(
                    width, width, size, bias=not affine, affine=affine,
                    track_running_stats=track_running_stats,
                ),
                {"nor_conv_3x3": 3, "nor_conv_1x1": 1},
            )  # fmt: skip
            others = {"avg_pool_3x3": pool("avg"), "skip_connect": skip(width), "none": Zero()}
            return weights.edge(name, OPERATIONS, families=[convs], others=others)

        def edge(node: int, source: int) -> nn.Module:
            name = edge_name(node, source)
            return on_part(lambda width: operation(name, width), channels, parts=parts)

        self.cell = Cell(1, _NODES, edge)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, channels, H, W]` for `[B, channels, H, W]`."""
        nodes: list[Tensor] = self.cell(x)
        return nodes[-1]


def _check(channels: Sequence[int], num_cells: int) -> None:
    if not channels or num_cells < 1:
        raise ValueError(
            f"channels is {tuple(channels)} and num_cells is {num_cells}: give the channels of at "
            "least one stage, and at least one cell a stage"
        )
