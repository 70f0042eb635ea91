"""The sources of an image set that is held in memory."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from tangle.data.cached import CachedImages
from tangle.data.sources import Sources
from tangle.data.transforms import augment_and_normalize


class LabelledImages(NamedTuple):
    """Images, uint8 [N, C, H, W], and the class of each [N]."""

    images: Tensor
    labels: Tensor


def check_labels(labels: Tensor, num_classes: int, place: object) -> None:
    """Raises an error that names `place` unless all labels [N] lie in [0, num_classes)."""
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < num_classes:
        wrong = labels[(labels < 0) | (labels >= num_classes)][0]
        raise ValueError(
            f"{place} holds the class {int(wrong)}, but classes are 0 to {num_classes - 1}: it is "
            "damaged, or a file of another data set"
        )


def check_image_size(image_size: int) -> int:
    """Returns a size in pixels, or raises an error if it is none."""
    if image_size < 1:
        raise ValueError(f"image_size is {image_size}; it must be at least 1 pixel")
    return image_size


def cached_sources(
    train: LabelledImages,
    test: LabelledImages,
    *,
    image_size: int,
    augment: Sequence[nn.Module],
    augment_normalized: Sequence[nn.Module],
    mean: Sequence[float],
    std: Sequence[float],
) -> Sources:
    """Images in memory, resized and normalised, and augmented where they train.

    Args:
        train: training images.
        test: test images.
        image_size: height and width that all images are resized to, pixels.
        augment: transforms of resized uint8 batches.
        augment_normalized: transforms of normalised batches with their labels.
        mean: of each channel, on the scale in which white is 1.
        std: standard deviation of each channel, on that scale.
    """
    same = train.images.shape[-2:] == (image_size, image_size)
    resized = [] if same else [v2.Resize([image_size, image_size])]
    plain = augment_and_normalize(resized, mean=mean, std=std)
    return Sources(
        train=CachedImages(
            *train,
            transform=augment_and_normalize([*resized, *augment], mean=mean, std=std),
            after=augment_normalized,
        ),
        plain=CachedImages(*train, transform=plain),
        test=CachedImages(*test, transform=plain),
        labels=train.labels.to(torch.int64),
    )
