"""Rectangles that are taken out of normalised images, one or none for each image.

These come after normalisation, so that 0 is the mean colour of the data set and noise has its
spread. Random numbers come from torch's global generator, which the data set seeds for every batch.
"""

from collections.abc import Sequence
from math import log

import torch
from torch import Tensor, nn

_ATTEMPTS = 10


class Cutout(nn.Module):
    """Fills a square of each image with the mean colour (DeVries & Taylor, 2017).

    Its centre may be any pixel; what lies outside of the image is cut off, so many squares are
    smaller. DARTS retrains with 16 pixels on CIFAR-10.

    Args:
        length: side of the square in pixels.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        if length < 1:
            raise ValueError(f"length is {length}; a square to cut out is at least 1 pixel long")
        self.length = length

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B, C, H, W]; labels are as they were."""
        batch, _, height, width = images.shape
        top = torch.randint(height, (batch,)) - self.length // 2
        left = torch.randint(width, (batch,)) - self.length // 2
        inside = _rectangles(top, top + self.length, left, left + self.length, images)
        return images.masked_fill(inside, 0), labels


class RandomErasing(nn.Module):
    """Fills a random rectangle of some images with noise (Zhong et al., AAAI 2020).

    Each pixel is drawn from a standard normal distribution, that of normalised images, as
    AutoFormer and DeiT do. After ten rectangles that do not fit, an image stays as it is.

    Args:
        p: probability that an image loses a rectangle, in [0, 1].
        scale: least and greatest share of the image's area, in (0, 1].
        ratio: least and greatest height of the rectangle over its width, above 0.
    """

    def __init__(
        self,
        p: float = 0.25,
        scale: Sequence[float] = (0.02, 1 / 3),
        ratio: Sequence[float] = (0.3, 3.3),
    ) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}; a probability lies in [0, 1]")
        if len(scale) != 2 or not 0 < scale[0] <= scale[1] <= 1:
            raise ValueError(
                f"scale is {list(scale)}; give two shares in (0, 1], the smaller first"
            )
        if len(ratio) != 2 or not 0 < ratio[0] <= ratio[1]:
            raise ValueError(f"ratio is {list(ratio)}; give two numbers above 0, the smaller first")
        self.p = p
        self.scale = tuple(scale)
        self.ratio = tuple(ratio)

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B, C, H, W]; labels are as they were."""
        batch, _, height, width = images.shape
        shape = (batch, _ATTEMPTS)
        area = height * width * torch.empty(shape).uniform_(*self.scale)
        ratio = torch.empty(shape).uniform_(log(self.ratio[0]), log(self.ratio[1])).exp()
        heights = (area * ratio).sqrt().round().long()
        widths = (area / ratio).sqrt().round().long()
        fits = (heights < height) & (widths < width)
        first = fits.long().argmax(1, keepdim=True)
        down, across = heights.gather(1, first).squeeze(1), widths.gather(1, first).squeeze(1)
        top = (torch.rand(batch) * (height - down + 1)).long()
        left = (torch.rand(batch) * (width - across + 1)).long()
        inside = _rectangles(top, top + down, left, left + across, images)
        chosen = (torch.rand(batch) < self.p) & fits.any(1)
        noise = torch.randn_like(images)
        return torch.where(inside & chosen[:, None, None, None], noise, images), labels


def _rectangles(top: Tensor, bottom: Tensor, left: Tensor, right: Tensor, images: Tensor) -> Tensor:
    """Which pixels lie in the rectangle of their image, [B, 1, H, W]; bounds are [B]."""
    rows, columns = torch.arange(images.shape[-2]), torch.arange(images.shape[-1])
    vertical = (rows >= top[:, None]) & (rows < bottom[:, None])
    horizontal = (columns >= left[:, None]) & (columns < right[:, None])
    return (vertical[:, :, None] & horizontal[:, None, :]).unsqueeze(1)
