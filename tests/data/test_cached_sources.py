import pytest
import torch
from torch import Tensor, nn

from tangle.data.cached_sources import (
    LabelledImages,
    cached_sources,
    check_image_size,
    check_labels,
)
from tangle.data.sampler import Draw
from tangle.data.sources import Sources
from tangle.data.transforms import RandomFlip


class Relabel(nn.Module):
    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return images + 1, labels + 100


def make(image_size: int = 4) -> tuple[LabelledImages, Sources]:
    images = torch.randint(0, 256, (6, 3, 4, 4), dtype=torch.uint8)
    held = LabelledImages(images, torch.arange(6))
    return held, cached_sources(
        held, held, image_size=image_size, augment=[RandomFlip(1.0)],
        augment_normalized=[Relabel()], mean=[0.5] * 3, std=[0.25] * 3,
    )  # fmt: skip


def test_only_training_images_are_augmented_before_and_after_normalisation() -> None:
    held, sources = make()
    draw = Draw([0, 3], 0)
    normal = (held.images[[0, 3]] / 255 - 0.5) / 0.25
    for part in (sources.plain, sources.test):
        x, y = part[draw]
        torch.testing.assert_close(x, normal)
        assert y.tolist() == [0, 3]
    x, y = sources.train[draw]
    torch.testing.assert_close(x, normal.flip(-1) + 1)
    assert y.tolist() == [100, 103]


def test_all_images_are_resized_alike() -> None:
    _, sources = make(image_size=8)
    shapes = {tuple(part[Draw([1], 0)][0].shape) for part in (sources.train, sources.test)}
    assert shapes == {(1, 3, 8, 8)}


def test_labels_out_of_range_and_sizes_below_one_are_refused() -> None:
    check_labels(torch.tensor([0, 2]), 3, "file")
    with pytest.raises(ValueError, match="file holds the class 3, but classes are 0 to 2"):
        check_labels(torch.tensor([0, 3]), 3, "file")
    with pytest.raises(ValueError, match="image_size is 0; it must be at least 1 pixel"):
        check_image_size(0)
