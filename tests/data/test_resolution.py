import pytest
import torch

from tangle.data import FashionMNIST, RandomResolution


def images(size: int = 8, number: int = 3) -> torch.Tensor:
    return torch.randint(256, (number, 1, size, size), dtype=torch.uint8)


def test_each_batch_has_one_size_and_all_sizes_occur() -> None:
    transform = RandomResolution([6, 8, 12])
    shapes = {tuple(transform(images()).shape) for _ in range(60)}
    assert shapes == {(3, 1, 6, 6), (3, 1, 8, 8), (3, 1, 12, 12)}


def test_images_of_the_drawn_size_stay_as_they_are() -> None:
    x = images()
    assert torch.equal(RandomResolution([8])(x), x)


def test_flat_images_stay_flat_and_whole_numbers() -> None:
    resized = RandomResolution([5])(torch.full((2, 3, 8, 8), 77, dtype=torch.uint8))
    assert torch.equal(resized, torch.full((2, 3, 5, 5), 77, dtype=torch.uint8))


@pytest.mark.parametrize("sizes", [[], [0, 8], [-4]])
def test_sizes_that_are_none_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="give at least one height and width in pixels"):
        RandomResolution(sizes)


def test_both_parts_of_a_search_vary_in_size_and_validation_does_not() -> None:
    data = FashionMNIST(image_size=32, augment=[RandomResolution([16, 24, 32])], batch_size=128)
    loaders = data.train_dataloader().iterables
    for part in ("weights", "arch"):
        sizes = [x.shape[-1] for x, _ in loaders[part]]
        assert set(sizes) == {16, 24, 32}, part
        assert sizes == [x.shape[-1] for x, _ in loaders[part]]  # a function of seed and epoch
    assert {tuple(x.shape[1:]) for x, _ in data.val_dataloader()} == {(1, 32, 32)}
    assert {tuple(x.shape[1:]) for x, _ in data.test_dataloader()} == {(1, 32, 32)}
