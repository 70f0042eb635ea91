"""Images that are decoded when they are needed."""

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tangle.data.decoding import REMEDY, Decoder, EncodedImages, OnError, UndecodableImageError
from tangle.data.sampler import Draw

_log = logging.getLogger(__name__)


class ImageFiles(Dataset[tuple[Tensor, Tensor]]):
    """Labelled images on disk, of which whole batches are decoded, stacked and transformed.

    Args:
        images: the encoded images.
        labels: class of each image [N].
        decode: from an encoded image to uint8 [C, H, W], all of one size.
        transform: from a uint8 batch [B, C, H, W] to what the network sees. Like `decode` and
            `after` it may draw from torch's global generator, which is seeded by the draw and
            restored afterwards.
        after: transforms of the transformed images and their labels, together.
        on_error: `skip` makes a batch without images that cannot be decoded, and tells of each.
    """

    def __init__(
        self,
        images: EncodedImages,
        labels: Tensor,
        *,
        decode: Decoder,
        transform: Callable[[Tensor], Tensor],
        after: Sequence[Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = (),
        on_error: OnError = "fail",
    ) -> None:
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images but {len(labels)} labels")
        self.images = images
        self.labels = labels
        self.decode = decode
        self.transform = transform
        self.after = after
        self.on_error = on_error
        self.skipped: set[int] = set()

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """Images [B, C, H, W] of a draw, and their labels: classes [B], unless they are mixed.

        Raises:
            UndecodableImageError: if an image cannot be decoded and is not to be skipped, or if
                that leaves no image.
        """
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(draw.seed)
            # Samples that are repeated in a draw are decoded as often, each cropped anew.
            decoded = [(self._decoded(index), index) for index in draw.indices]
            kept = [(image, index) for image, index in decoded if image is not None]
            if not kept:
                raise UndecodableImageError(
                    f"none of the {len(draw.indices)} images of a batch can be decoded, "
                    f"{self.images.name(draw.indices[0])} among them: replace or remove them"
                )
            images = self.transform(torch.stack([image for image, _ in kept]))
            labels = self.labels[[index for _, index in kept]]
            for transform in self.after:
                images, labels = transform(images, labels)
        return images, labels

    def _decoded(self, index: int) -> Tensor | None:
        try:
            return self.decode(self.images, index)
        except UndecodableImageError as error:
            if self.on_error == "fail":
                raise UndecodableImageError(f"{error}. {REMEDY}") from error
            if index not in self.skipped:
                self.skipped.add(index)
                _log.warning("%s. Left out, as %d in this process", error, len(self.skipped))
            return None
