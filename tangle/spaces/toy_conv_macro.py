"""The toy conv-macro space: a plain convolutional network of elastic widths and kernels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice

_POOLS_AND_LAST_KERNEL = 12
"""The smallest image that two poolings and a last unpadded rim leave something of, in pixels."""


class ToyConvMacro(nn.Module):
    """Four convolutions whose output channels and kernel sizes are choices, and a head.

    The macro space of the paper's Table 2: no normalisation, all convolutions with bias and stride
    one. The defaults are the paper's space of 6,561 architectures, whose largest network has
    7,725,450 parameters.

    Args:
        channels: Candidate output channels of the four searched convolutions.
        kernel_sizes: Candidate kernel sizes of each of them, odd.
        in_channels: Channels of the images.
        image_size: Height and width of the images, pixels; a multiple of 4 from 12 on.
        num_classes: Number of classes.
        last_channels: Output channels of the fifth convolution, which is not searched.
        hidden: Widths of the head's hidden layers.
        dropout: Probability of dropping a channel after the third and the fifth convolution.
        init: `torch` for torch's default start, as in the paper; `he` for one that keeps the
            variance through ReLUs, which a short search of a network without normalisation needs.

    Raises:
        ValueError: If there are not four candidate lists, or the image size does not fit.
    """

    def __init__(
        self,
        channels: Sequence[Sequence[int]] = (
            (8, 16, 32), (16, 32, 64), (32, 64, 128), (64, 128, 256),
        ),
        *,
        kernel_sizes: Sequence[int] = (3, 5, 7),
        in_channels: int = 3,
        image_size: int = 32,
        num_classes: int = 10,
        last_channels: int = 256,
        hidden: Sequence[int] = (256, 128, 64),
        dropout: float = 0.5,
        init: Literal["torch", "he"] = "torch",
    ) -> None:  # fmt: skip
        super().__init__()
        _check(channels, image_size)
        widths = [Choice(f"channels_{i}", tuple(c)) for i, c in enumerate(channels, 1)]
        kernels = [Choice(f"kernel_size_{i}", tuple(kernel_sizes)) for i in range(1, 5)]
        inputs: list[Choice | int] = [in_channels, *widths[:-1]]
        conv1, conv2, conv3, conv4 = (
            tnn.Conv2d(before, after, kernel, padding=kernel // 2)
            for before, after, kernel in zip(inputs, widths, kernels, strict=True)
        )
        self.features = nn.Sequential(
            conv1, nn.ReLU(),
            conv2, nn.ReLU(), nn.MaxPool2d(2),
            conv3, nn.ReLU(), nn.Dropout2d(dropout), nn.MaxPool2d(2),
            conv4, nn.ReLU(),
            tnn.Conv2d(widths[-1], last_channels, 7, padding=2), nn.Dropout2d(dropout),
        )  # fmt: skip
        side = image_size // 4 - 2
        sizes = (last_channels * side * side, *hidden)
        self.head = nn.Sequential(nn.Flatten())
        for before, after in pairwise(sizes):
            self.head += nn.Sequential(nn.Linear(before, after), nn.ReLU())
        self.head.append(nn.Linear(sizes[-1], num_classes))
        self.init = init
        self.init_weights()

    def init_weights(self) -> None:
        """Start all weights afresh, each layer at its own size."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.reset_parameters()
                if self.init == "he" and module.bias is not None:
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits `[B, num_classes]` for images `[B, in_channels, H, W]`."""
        return self.head(self.features(x))  # type: ignore[no-any-return]


def _check(channels: Sequence[Sequence[int]], image_size: int) -> None:
    if len(channels) != 4:
        raise ValueError(
            f"channels has {len(channels)} candidate lists, but the space searches 4 convolutions: "
            "give one list for each"
        )
    if image_size % 4 or image_size < _POOLS_AND_LAST_KERNEL:
        raise ValueError(
            f"image_size is {image_size}, but it must be a multiple of 4 from "
            f"{_POOLS_AND_LAST_KERNEL} on: two poolings halve it"
        )
