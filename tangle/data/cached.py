"""Small image sets, held in memory and augmented a batch at a time."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tangle.data.sampler import Draw


class CachedImages(Dataset[tuple[Tensor, Tensor]]):
    """Labelled uint8 images in memory, of which whole batches are taken and transformed.

    Args:
        images: uint8 [N, C, H, W].
        labels: class of each image [N].
        transform: from a uint8 batch [B, C, H, W] to what the network sees; it may draw from
            torch's global generator, which is seeded by the draw and restored afterwards.
        after: transforms of the transformed images and their labels, together; they too may draw.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        transform: Callable[[Tensor], Tensor],
        after: Sequence[Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = (),
    ) -> None:
        if images.dtype != torch.uint8 or images.ndim != 4:
            raise ValueError(
                f"images are {images.dtype} of shape {list(images.shape)}; they must be uint8 "
                "[N, C, H, W]"
            )
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images but {len(labels)} labels")
        self.images = images
        self.labels = labels
        self.transform = transform
        self.after = after

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """Images [B, C, H, W] of a draw, and their labels: classes [B], unless they are mixed."""
        indices = torch.tensor(draw.indices)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(draw.seed)
            images, labels = self.transform(self.images[indices]), self.labels[indices]
            for transform in self.after:
                images, labels = transform(images, labels)
        return images, labels
