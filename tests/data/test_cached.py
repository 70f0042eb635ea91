import pytest
import torch
from torch import Tensor

from tangle.data.cached import CachedImages
from tangle.data.sampler import Draw
from tangle.data.transforms import RandomCrop


def cached() -> CachedImages:
    images = torch.randint(0, 256, (50, 1, 8, 8), dtype=torch.uint8)
    return CachedImages(images, torch.arange(50), transform=RandomCrop(2))


def test_a_draw_becomes_the_transformed_images_and_labels_of_its_indices() -> None:
    images = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1)
    data = CachedImages(images, torch.arange(50) % 7, transform=lambda batch: batch + 1)
    x, y = data[Draw([4, 9, 4], seed=0)]
    assert x.flatten().tolist() == [5, 10, 5]
    assert y.tolist() == [4, 2, 4]
    assert len(data) == 50


def test_augmentation_is_a_function_of_the_seed_of_the_draw() -> None:
    data = cached()

    def crop(seed: int) -> Tensor:
        return data[Draw(list(range(32)), seed)][0]

    first = crop(1)
    torch.rand(7)  # whatever training draws in between
    assert torch.equal(crop(1), first)
    assert not torch.equal(crop(2), first)


def test_augmentation_leaves_the_global_generator_alone() -> None:
    data = cached()
    before = torch.get_rng_state()
    data[Draw([1, 2], seed=3)]
    assert torch.equal(torch.get_rng_state(), before)


def test_wrong_tensors_are_refused() -> None:
    with pytest.raises(ValueError, match=r"images are torch.float32 of shape \[5, 1, 2, 2\]"):
        CachedImages(torch.zeros(5, 1, 2, 2), torch.zeros(5), transform=Tensor.float)
    with pytest.raises(ValueError, match=r"must be uint8 \[N, C, H, W\]"):
        CachedImages(
            torch.zeros(5, 2, 2, dtype=torch.uint8), torch.zeros(5), transform=Tensor.float
        )
    with pytest.raises(ValueError, match="5 images but 4 labels"):
        CachedImages(
            torch.zeros(5, 1, 2, 2, dtype=torch.uint8), torch.zeros(4), transform=Tensor.float
        )


def test_images_and_labels_are_changed_together_after_the_transform() -> None:
    images = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1)
    data = CachedImages(
        images, torch.arange(4), transform=Tensor.float, after=[lambda x, y: (x + y.view_as(x), -y)]
    )
    x, y = data[Draw([1, 3], seed=0)]
    assert x.flatten().tolist() == [2, 6]
    assert y.tolist() == [-1, -3]
