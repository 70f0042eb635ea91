"""Elastic resolution: every batch at a size of its own."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.transforms.v2.functional import resize


class RandomResolution(nn.Module):
    """Resizes each batch to a height and width drawn for it, the same for all of its images.

    Once-for-all networks train so (Cai et al., ICLR 2020, section 3): a network whose features are
    pooled globally then serves all of these sizes. It is an augmentation, to be put last: images to
    validate and test on keep the size that the data set gives them. Each rank of a distributed
    search draws for itself.

    Args:
        sizes: heights and widths, pixels; 128, 132, ..., 224 in the original.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        if not sizes or min(sizes) < 1:
            raise ValueError(
                f"sizes is {list(sizes)}; give at least one height and width in pixels, from 1 on"
            )
        self.sizes = tuple(sizes)

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, H, W] to [B, C, size, size]."""
        size = self.sizes[int(torch.randint(len(self.sizes), ()))]
        if images.shape[-2:] == (size, size):
            return images
        return resize(images, [size, size])
