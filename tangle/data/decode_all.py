"""Decoding all images once, before anything trains."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from tangle.data.decoding import REMEDY, Decoder, EncodedImages, OnError, UndecodableImageError

_log = logging.getLogger(__name__)


class ChosenImages:
    """Some of the images, in an order of their own.

    Args:
        images: all of them.
        indices: which ones.
    """

    def __init__(self, images: EncodedImages, indices: Sequence[int]) -> None:
        self.images = images
        self.indices = torch.tensor(indices)

    def __len__(self) -> int:
        """Number of images."""
        return len(self.indices)

    def name(self, index: int) -> str:
        """What to call an image in an error."""
        return self.images.name(int(self.indices[index]))

    def read(self, index: int) -> bytes:
        """The content of its file."""
        return self.images.read(int(self.indices[index]))


def decode_all(
    images: EncodedImages, decode: Decoder, *, into: Tensor | None, on_error: OnError
) -> list[int]:
    """Decodes all images, by as many threads as there are cores.

    Args:
        images: the encoded images.
        decode: draws no random number.
        into: uint8 [N, C, H, W] for the decoded images; None: they are thrown away.
        on_error: `skip` tells of images that cannot be decoded, and goes on.

    Returns:
        Indices of those that can be decoded.

    Raises:
        UnreadableImageError: if an image cannot even be read.
        UndecodableImageError: if there are others and they are not to be skipped, or there is no
            other; it names the first and counts them.
    """

    def attempt(index: int) -> UndecodableImageError | None:
        try:
            image = decode(images, index)
        except UndecodableImageError as error:
            return error
        if into is not None:
            into[index] = image
        return None

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        results = list(threads.map(attempt, range(len(images))))
    errors = [error for error in results if error is not None]
    for error in errors[:20]:
        _log.warning("%s", error)
    if errors and (on_error == "fail" or len(errors) == len(images)):
        raise UndecodableImageError(
            f"{len(errors)} of {len(images)} images cannot be decoded. The first: "
            f"{errors[0]}. {REMEDY}"
        )
    if errors:
        _log.warning("left out %d of %d images that cannot be decoded", len(errors), len(images))
    return [index for index, error in enumerate(results) if error is None]
