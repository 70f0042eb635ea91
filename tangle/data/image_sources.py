"""The sources of an image set that is decoded from files, as needed or once and for all."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tangle.data.cached_sources import LabelledImages, cached_sources, check_image_size
from tangle.data.decode_all import ChosenImages, decode_all
from tangle.data.decoding import (
    Decoder,
    EncodedImages,
    Interpolation,
    OnError,
    evaluation_geometry,
    training_geometry,
)
from tangle.data.image_files import ImageFiles
from tangle.data.memory import available_memory
from tangle.data.sources import Sources
from tangle.data.transforms import augment_and_normalize

_log = logging.getLogger(__name__)

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of ImageNet's training images, as torchvision's trained networks expect them."""


class EncodedPart(NamedTuple):
    """Encoded images, and the class of each [N]."""

    images: EncodedImages
    labels: Tensor


@dataclass(frozen=True)
class Reading:
    """How images get from their files into a batch; the options of `ImageFolder`."""

    image_size: int
    channels: int
    crop_scale: tuple[float, float] | None
    test_crop: float | None
    interpolation: Interpolation
    cache: bool
    check: bool
    on_error: OnError
    augment: Sequence[nn.Module]
    augment_normalized: Sequence[nn.Module]
    mean: Sequence[float] | None
    std: Sequence[float] | None

    def __post_init__(self) -> None:
        check_image_size(self.image_size)
        if self.cache and self.crop_scale is not None:
            raise ValueError(
                f"cache is true and crop_scale {list(self.crop_scale)}: random parts of an image "
                "cannot be taken once it is kept at one size. Set cache to false, or crop_scale to "
                "null and crop with RandomCrop in augment"
            )
        for name in ("mean", "std"):
            values = getattr(self, name)
            if values is not None and len(values) != self.channels:
                raise ValueError(
                    f"{name} has {len(values)} values, and images {self.channels} channels; give "
                    "one for each, or leave it out"
                )
        _ = self.plain, self.train  # bad options are told here

    @property
    def plain(self) -> Decoder:
        """Decodes images to evaluate on."""
        geometry = evaluation_geometry(self.image_size, self.test_crop, self.interpolation)
        return Decoder(geometry, self.channels)

    @property
    def train(self) -> Decoder:
        """Decodes images to train on."""
        if self.crop_scale is None:
            return self.plain
        geometry = training_geometry(self.image_size, self.crop_scale, self.interpolation)
        return Decoder(geometry, self.channels)

    @property
    def normalization(self) -> dict[str, Sequence[float]]:
        """Mean and standard deviation of each channel; ImageNet's unless they are set."""
        given = {"mean": self.mean, "std": self.std}
        known = {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
        return {
            name: value
            if value is not None
            else (known[name] if self.channels == 3 else [sum(known[name]) / 3])
            for name, value in given.items()
        }

    def sources(self, train: EncodedPart, test: EncodedPart) -> Sources:
        """The sources of training and test images."""
        if self.cache:
            return self._cached(train, test)
        if self.check:
            train, test = self._checked(train), self._checked(test)
        plain = augment_and_normalize([], **self.normalization)
        return Sources(
            train=ImageFiles(
                *train,
                decode=self.train,
                transform=augment_and_normalize(self.augment, **self.normalization),
                after=self.augment_normalized,
                on_error=self.on_error,
            ),
            plain=ImageFiles(*train, decode=self.plain, transform=plain, on_error=self.on_error),
            test=ImageFiles(*test, decode=self.plain, transform=plain, on_error=self.on_error),
            labels=train.labels,
        )

    def _checked(self, part: EncodedPart) -> EncodedPart:
        good = decode_all(part.images, self.plain, into=None, on_error=self.on_error)
        return EncodedPart(ChosenImages(part.images, good), part.labels[good])

    def _check_memory(self, number: int) -> None:
        need = number * self.channels * self.image_size**2
        have = available_memory()
        if have is not None and need > have:
            raise ValueError(
                f"cache is true, but {number:,} images of image_size {self.image_size} and "
                f"channels {self.channels} take {need / 1e9:.2f} GB, and {have / 1e9:.2f} GB of "
                "memory are available: set cache to false, which decodes images in num_workers "
                "processes when they are needed, or lower image_size"
            )

    def _cached(self, *parts: EncodedPart) -> Sources:
        self._check_memory(sum(len(images) for images, _ in parts))
        held = []
        for images, labels in parts:
            shape = len(images), self.channels, self.image_size, self.image_size
            pixels = torch.empty(shape, dtype=torch.uint8)
            _log.info("keeping %d images in memory, %.1f GB", len(images), pixels.nbytes / 1e9)
            good = decode_all(images, self.plain, into=pixels, on_error=self.on_error)
            for place, index in enumerate(good):
                if place != index:  # in place, as there may be no room for a copy
                    pixels[place] = pixels[index]
            held.append(LabelledImages(pixels[: len(good)], labels[good]))
        return cached_sources(
            held[0],
            held[1],
            image_size=self.image_size,
            augment=self.augment,
            augment_normalized=self.augment_normalized,
            **self.normalization,
        )
