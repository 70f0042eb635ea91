"""Encoded images to uint8 tensors of one size, by Pillow.

Pillow and not torchvision's decoder: on photographs they take the same time, and Pillow reads more
formats, and colour models such as CMYK, which web images have.
"""

import errno
import io
from collections.abc import Callable
from functools import partial
from typing import Literal, Protocol

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2

OnError = Literal["fail", "skip"]
"""What becomes of an image that cannot be decoded: an error, or it is left out and told."""

Geometry = Callable[[Image.Image], Image.Image]

Interpolation = Literal["bilinear", "bicubic"]


class EncodedImages(Protocol):
    """Images as they are stored."""

    def __len__(self) -> int:
        """Number of images."""

    def name(self, index: int) -> str:
        """What to call an image in an error."""

    def read(self, index: int) -> bytes:
        """The content of its file.

        Raises:
            OSError: if it cannot be read, whatever is in it.
        """


class UndecodableImageError(ValueError):
    """An image that has been read and cannot be decoded; it may be skipped."""


class UnreadableImageError(ValueError):
    """An image that the machine does not hand out, which says nothing about it."""


REMEDY = "Replace or remove it, or set on_error to skip"


class Decoder:
    """Decodes one image, and brings it to one size.

    Args:
        geometry: brings an image to its size, and may draw from torch's global generator.
        channels: 3: colours, 1: grey; images of another kind are converted.
    """

    def __init__(self, geometry: Geometry, channels: int) -> None:
        if channels not in (1, 3):
            raise ValueError(f"channels is {channels}; images are read as 3 (RGB) or 1 (grey)")
        self.geometry = geometry
        self.mode = "RGB" if channels == 3 else "L"

    def __call__(self, images: EncodedImages, index: int) -> Tensor:
        """One image as uint8 [C, image_size, image_size].

        Raises:
            UndecodableImageError: if it is damaged or of no known format; names it.
            FileNotFoundError: if its file is gone.
            UnreadableImageError: if its file cannot be read; names it.
        """
        content = _content(images, index)
        try:
            with Image.open(io.BytesIO(content)) as image:
                converted = _eight_bits(image).convert(self.mode)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            known = not isinstance(error, UnidentifiedImageError)
            reason = str(error) if known else "it is of no known format"
            raise UndecodableImageError(
                f"{images.name(index)} cannot be decoded: {reason}"
            ) from error
        pixels = torch.from_numpy(np.array(self.geometry(converted)))
        return pixels.unsqueeze(0) if pixels.ndim == 2 else pixels.permute(2, 0, 1)


def _content(images: EncodedImages, index: int) -> bytes:
    # Read before it is decoded: an error of the disk is never taken for one of the image, which
    # on_error might skip.
    try:
        return images.read(index)
    except FileNotFoundError:
        raise
    except OSError as error:
        too_many = error.errno in (errno.EMFILE, errno.ENFILE)
        remedy = (
            "raise the limit of open files (ulimit -n), or lower num_workers"
            if too_many
            else "make it readable, or repair the disk"
        )
        raise UnreadableImageError(
            f"{images.name(index)} cannot be read ({error.strerror or error}), which on_error does "
            f"not skip, as the image may be whole: {remedy}"
        ) from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """The image with 8 bits a channel, to which Pillow would clip deeper grey ones."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(
            f"its pixels are 32 bits deep (mode {image.mode}), of unknown range; convert it to 8 "
            "or 16 bits"
        )
    return image


def evaluation_geometry(
    image_size: int, crop: float | None, interpolation: Interpolation
) -> Geometry:
    """How an image comes to `image_size` [pixels] where nothing is random.

    Args:
        image_size: height and width.
        crop: side of the central square that is kept, over the shorter side of the image, in
            (0, 1]; None: all of the image is kept, and distorted where it is not square.
        interpolation: how pixels are computed.
    """
    if crop is not None and not 0 < crop <= 1:
        raise ValueError(f"test_crop is {crop}; it must lie in (0, 1], or be null")
    resampling = Image.Resampling[interpolation.upper()]
    return partial(_resized, image_size=image_size, crop=crop, resampling=resampling)


def _resized(
    image: Image.Image, *, image_size: int, crop: float | None, resampling: Image.Resampling
) -> Image.Image:
    size = (image_size, image_size)
    if crop is not None:
        side = crop * min(image.size)
        left, top = ((length - side) / 2 for length in image.size)
        return image.resize(size, resampling, (left, top, left + side, top + side))
    return image if image.size == size else image.resize(size, resampling)


def training_geometry(
    image_size: int, scale: tuple[float, float], interpolation: Interpolation
) -> Geometry:
    """A random part of an image at `image_size` [pixels], as ImageNet's networks are trained.

    Args:
        image_size: height and width.
        scale: least and greatest share of the area that the part covers, in (0, 1].
        interpolation: how pixels are computed.
    """
    if not 0 < scale[0] <= scale[1] <= 1:
        raise ValueError(
            f"crop_scale is {list(scale)}; give two shares in (0, 1], the smaller first, or null"
        )
    mode = InterpolationMode(interpolation)
    return v2.RandomResizedCrop([image_size, image_size], scale=scale, interpolation=mode)
