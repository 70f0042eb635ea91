"""The toy cell space: three small cells of separable and dilated convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tangle.nn import OneOf
from tangle.spaces.blocks.cell import Cell, edge_name
from tangle.spaces.blocks.edge import Entanglement, GroupMass, Kernels
from tangle.spaces.blocks.operations import Stride, dilated_conv, relu_conv, separable_conv
from tangle.spaces.blocks.reset import reset_parameters

OPERATIONS = ("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
_CELLS = ("reduce", "normal", "reduce")
_NODES = 2
_HALVINGS = 3
"""Two cells and the head's pooling halve the resolution."""


class ToyCell(nn.Module):
    """Three cells, the first and the last of which halve the resolution, and a head.

    The cell space of the paper's Table 1, for Fashion-MNIST: 4,096 architectures. A cell has one
    input, two nodes and three edges, each with one of four operations; the two cells that reduce
    have one architecture, but weights of their own. The defaults have 239,146 parameters with
    weight entanglement and 304,810 with weight sharing.

    Args:
        channels: Channels of the nodes of each of the three cells.
        entangle: True for weight entanglement: one set of weights for both kernel sizes of an
            operation; false for weight sharing: one set for each operation.
        group_mass: Where the total architecture weight of entangled operations acts: `outside`, on
            their output, which is the default, or `inside`, on their kernels, as in the original,
            where normalisation divides it out.
        in_channels: Channels of the images.
        image_size: Height and width of the images, pixels; at least 8.
        num_classes: Number of classes.
        hidden: Width of the head's hidden layer.
        dropout: Probability of dropping a value after each cell and in the head.

    Raises:
        ValueError: If there are not three numbers of channels, the images are too small, or a
            group mass is given without entanglement.
    """

    def __init__(
        self,
        channels: Sequence[int] = (32, 32, 64),
        *,
        entangle: bool = True,
        group_mass: GroupMass | None = None,
        in_channels: int = 1,
        image_size: int = 28,
        num_classes: int = 10,
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        _check(channels, image_size)
        weights = Entanglement(entangle, group_mass)
        inputs = [in_channels, *(_NODES * width for width in channels[:-1])]
        self.features = nn.Sequential()
        for kind, before, width in zip(_CELLS, inputs, channels, strict=True):
            self.features.append(_ToyBlock(kind, before, width, weights))
            self.features.append(nn.Dropout(dropout))
        side = -(-image_size // 4) // 2
        self.head = nn.Sequential(
            nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(_NODES * channels[-1] * side * side, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )  # fmt: skip
        self.init_weights()

    def init_weights(self) -> None:
        """Start all weights afresh, by torch's defaults."""
        reset_parameters(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`."""
        return self.head(self.features(x))  # type: ignore[no-any-return]


class _ToyBlock(nn.Module):
    """A cell behind a pointwise convolution; its output is both nodes."""

    def __init__(self, kind: str, in_channels: int, channels: int, weights: Entanglement) -> None:
        super().__init__()
        self.preprocess = relu_conv(in_channels, channels, 1)

        def edge(node: int, source: int) -> OneOf:
            stride: Stride = 2 if kind == "reduce" and source == 0 else 1
            separable = Kernels(
                lambda size: separable_conv(channels, size, stride=stride),
                {"sep_conv_3x3": 3, "sep_conv_5x5": 5},
            )
            dilated = Kernels(
                lambda size: dilated_conv(channels, size, stride=stride),
                {"dil_conv_3x3": 3, "dil_conv_5x5": 5},
            )
            name = f"{kind}_{edge_name(node, source)}"
            return weights.edge(name, OPERATIONS, families=[separable, dilated])

        self.cell = Cell(1, _NODES, edge)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, 2 channels, H', W']` for `[B, in_channels, H, W]`."""
        return torch.cat(self.cell(self.preprocess(x)), 1)


def _check(channels: Sequence[int], image_size: int) -> None:
    if len(channels) != len(_CELLS):
        raise ValueError(
            f"channels has {len(channels)} numbers, but the network has {len(_CELLS)} cells: give "
            "one for each"
        )
    if image_size < 2**_HALVINGS:
        raise ValueError(
            f"image_size is {image_size}, but it must be at least {2**_HALVINGS}: two cells and a "
            "pooling halve it"
        )
