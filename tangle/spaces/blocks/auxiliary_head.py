"""A classifier in the middle of a network."""

from __future__ import annotations

from typing import Literal

from torch import nn


def auxiliary_head(
    channels: int, num_classes: int, *, images: Literal["cifar", "imagenet"]
) -> nn.Sequential:
    """Return the auxiliary classifier of DARTS (Liu et al., ICLR 2019).

    It takes feature maps of 8x8 pixels (`cifar`) or 7x7 (`imagenet`), where its second convolution
    has no normalisation, as in the authors' code.
    """
    stride = 3 if images == "cifar" else 2
    second = [nn.BatchNorm2d(768)] if images == "cifar" else []
    return nn.Sequential(
        nn.ReLU(),
        nn.AvgPool2d(5, stride, count_include_pad=False),
        nn.Conv2d(channels, 128, 1, bias=False), nn.BatchNorm2d(128), nn.ReLU(),
        nn.Conv2d(128, 768, 2, bias=False), *second, nn.ReLU(),
        nn.Flatten(), nn.Linear(768, num_classes),
    )  # fmt: skip
