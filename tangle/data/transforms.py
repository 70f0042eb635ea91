"""Augmentation of whole uint8 batches, drawn anew for each image.

torchvision's own random transforms draw once per call, so on a batch all images would get the same
crop. The ones here take a batch; random numbers come from torch's global generator, which the data
set seeds for every batch.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from torchvision.transforms import v2


class RandomCrop(nn.Module):
    """Moves each image by up to `padding` pixels both ways; what comes into view is black.

    Args:
        padding: largest shift in pixels.
    """

    def __init__(self, padding: int) -> None:
        super().__init__()
        if padding < 1:
            raise ValueError(f"padding is {padding}; a crop needs at least 1 pixel to move")
        self.padding = padding

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, H, W] to [B, C, H, W]."""
        batch, _, height, width = images.shape
        padded = pad(images, [self.padding] * 4)
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # [B, C, shifts, shifts, H, W]
        down, right = torch.randint(2 * self.padding + 1, (2, batch))
        return windows[torch.arange(batch), :, down, right]


class RandomFlip(nn.Module):
    """Mirrors each image left to right with probability `p`.

    Args:
        p: probability in [0, 1].
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}; a probability lies in [0, 1]")
        self.p = p

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, H, W] to [B, C, H, W]."""
        chosen = torch.rand(len(images), 1, 1, 1) < self.p
        return torch.where(chosen, images.flip(-1), images)


class PerImage(nn.Module):
    """Gives each image of a batch a draw of its own of one of torchvision's transforms.

    RandAugment, for instance, or ColorJitter or RandomResizedCrop, all of
    `torchvision.transforms.v2`. It works image by image, so it is slower than the transforms of
    whole batches; the images must come out at one size.

    Args:
        transform: of a uint8 image [C, H, W].
    """

    def __init__(self, transform: nn.Module) -> None:
        super().__init__()
        self.transform = transform

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, H, W] to [B, C, H', W']."""
        return torch.stack([self.transform(image) for image in images])


def augment_and_normalize(
    augment: Sequence[nn.Module], *, mean: Sequence[float], std: Sequence[float]
) -> v2.Compose:
    """A transform of uint8 batches [B, C, H, W] to augmented, normalised float32 ones.

    Args:
        augment: transforms of uint8 batches, in order.
        mean: of each channel, on the scale in which white is 1.
        std: standard deviation of each channel, on that scale.
    """
    return v2.Compose([*augment, v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])
