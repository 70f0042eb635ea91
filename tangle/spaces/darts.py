"""The DARTS space: a chain of normal cells, with two that reduce."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from tangle.spaces.blocks.auxiliary_head import auxiliary_head
from tangle.spaces.blocks.channel_parts import channel_parts
from tangle.spaces.blocks.darts_cell import KINDS, OPERATIONS, CellStyle, DARTSCell
from tangle.spaces.blocks.drop_path import DropPath
from tangle.spaces.blocks.edge import Entanglement, GroupMass
from tangle.spaces.blocks.kept_edges import keep_edges
from tangle.spaces.blocks.reset import reset_parameters

_STEM_FACTOR = 3

Images = Literal["cifar", "imagenet"]


class DARTSNet(nn.Module):
    """A chain of cells, of which two halve the resolution and double the channels.

    The space of DARTS (Liu et al., ICLR 2019), of the paper's Table 4. A cell sees the outputs of
    the two cells before it and has four nodes, whose concatenation it returns; each of its 14 edges
    has one of eight operations. Normal cells have one architecture, and those that reduce another.

    A found cell keeps two incoming edges for each node, the ones whose best operation other than
    `none` is strongest; all others are `none`. With this rule the space has about `10 ** 18`
    architectures. The defaults have 1,143,034 parameters with weight entanglement and 1,930,618
    with weight sharing. The options from `final` on are of networks that are trained after a
    search, of more cells and channels; an architecture is the same whatever they are.

    Args:
        channels: Channels of the nodes of the first cells.
        num_cells: Number of cells; those at a third and at two thirds reduce.
        num_nodes: Nodes of a cell.
        entangle: True for weight entanglement: one set of weights for both kernel sizes of an
            operation; false for weight sharing: one set for each operation.
        group_mass: Where the total architecture weight of entangled operations acts: `outside`, on
            their output, which is the default, or `inside`, on their kernels, as in the original,
            where normalisation divides it out.
        partial_channels: Parts of the channels, of which an operation runs on one, as in PC-DARTS
            (Xu et al., ICLR 2020); the others bypass it. 1 runs it on all channels. Several are
            the stages of a progressive search, which the callback `ProgressiveWidening` goes
            through; without it the network is in the last one.
        edge_normalization: Whether a choice for each node, with weights of its own, says which two
            incoming edges stay, as edge normalisation in PC-DARTS does by weights of edges. The
            space then has these choices too, so the network of a found cell needs the option.
        in_channels: Channels of the images.
        num_classes: Number of classes.
        images: `cifar` for images of 32x32 pixels or so, `imagenet` for 224x224, which the stem
            reduces to an eighth.
        final: Whether normalisations in cells scale and shift, and poolings go without one.
        auxiliary: Whether in training a second classifier, after the second reduction, gives logits
            too; see `tangle.modules.AuxiliaryClassification`.
        drop_path: Probability of dropping an operation's output for a sample, in [0, 1).

    Raises:
        ValueError: If there are too few cells or nodes, a group mass is given without
            entanglement, channels do not divide into parts, or these do not widen, or a probability
            is out of range.
    """

    def __init__(
        self,
        channels: int = 16,
        *,
        num_cells: int = 8,
        num_nodes: int = 4,
        entangle: bool = True,
        group_mass: GroupMass | None = None,
        partial_channels: int | Sequence[int] = 1,
        edge_normalization: bool = False,
        in_channels: int = 3,
        num_classes: int = 10,
        images: Images = "cifar",
        final: bool = False,
        auxiliary: bool = False,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        _check(num_cells, num_nodes, drop_path)
        parts = channel_parts(partial_channels, [channels])
        style = CellStyle(
            Entanglement(entangle, group_mass), num_nodes, final, drop_path,
            parts, edge_normalization,
        )  # fmt: skip
        self.rules = [
            rule
            for kind in KINDS
            for rule in keep_edges(kind, num_nodes, OPERATIONS, by_choice=edge_normalization)
        ]
        self.drop_path = drop_path
        self.stem, self.stem_last = _stems(in_channels, channels, images)
        width = channels if images == "imagenet" else _STEM_FACTOR * channels
        widths, reduces_before = (width, width, channels), images == "imagenet"
        self.cells = nn.ModuleList()
        self.auxiliary: nn.Module | None = None
        self._auxiliary_after = 2 * num_cells // 3
        for number in range(num_cells):
            reduces = number in (num_cells // 3, self._auxiliary_after)
            widths = (*widths[:2], widths[2] * 2 if reduces else widths[2])
            cell = DARTSCell(widths, style, reduces=reduces, reduces_before=reduces_before)
            self.cells.append(cell)
            widths, reduces_before = (widths[1], num_nodes * widths[2], widths[2]), reduces
            if auxiliary and number == self._auxiliary_after:
                self.auxiliary = auxiliary_head(widths[1], num_classes, images=images)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[1], num_classes)
        )
        self.init_weights()

    training_only = ("auxiliary",)
    """Parts that an exported network is without."""

    def init_weights(self) -> None:
        """Start all weights afresh, by torch's defaults."""
        reset_parameters(self)

    def ramp_drop_path(self, share: float) -> None:
        """Drop paths with a share, in [0, 1], of the full probability from now on."""
        for module in self.modules():
            if isinstance(module, DropPath):
                module.dropout.p = share * self.drop_path

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`, H and W even.

        With an auxiliary classifier, in training, those of both classifiers.
        """
        before = self.stem(x)
        last = self.stem_last(before)
        auxiliary = None
        for number, cell in enumerate(self.cells):
            before, last = last, cell(before, last)
            if self.auxiliary is not None and self.training and number == self._auxiliary_after:
                auxiliary = self.auxiliary(last)
        logits: Tensor = self.head(last)
        return logits if auxiliary is None else (logits, auxiliary)


def _stems(in_channels: int, channels: int, images: Images) -> tuple[nn.Module, nn.Module]:
    """Return what makes the two inputs of the first cell, the second from the first."""

    def conv(before: int, after: int, stride: int) -> list[nn.Module]:
        layer = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        return [layer, nn.BatchNorm2d(after)]

    if images == "cifar":
        return nn.Sequential(*conv(in_channels, _STEM_FACTOR * channels, 1)), nn.Identity()
    half = channels // 2
    first = nn.Sequential(*conv(in_channels, half, 2), nn.ReLU(), *conv(half, channels, 2))
    return first, nn.Sequential(nn.ReLU(), *conv(channels, channels, 2))


def _check(num_cells: int, num_nodes: int, drop_path: float) -> None:
    if num_cells < 3 or num_nodes < 1:
        raise ValueError(
            f"num_cells is {num_cells} and num_nodes is {num_nodes}: there must be at least 3 "
            "cells, of which the ones at a third and at two thirds reduce, and 1 node in each"
        )
    if not 0 <= drop_path < 1:
        raise ValueError(f"drop_path is {drop_path}: it must be in [0, 1)")
