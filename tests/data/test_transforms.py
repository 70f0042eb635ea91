import pytest
import torch
from torch import Tensor
from torchvision.transforms import v2

from tangle.data.transforms import PerImage, RandomCrop, RandomFlip, augment_and_normalize


def batch(number: int = 200, channels: int = 2, height: int = 6, width: int = 5) -> Tensor:
    return torch.randint(1, 256, (number, channels, height, width), dtype=torch.uint8)


def shifts(image: Tensor, padding: int) -> dict[tuple[int, int], Tensor]:
    """Every crop of one padded image, by its offset."""
    height, width = image.shape[1:]
    padded = torch.nn.functional.pad(image, [padding] * 4)
    return {
        (down, right): padded[:, down : down + height, right : right + width]
        for down in range(2 * padding + 1)
        for right in range(2 * padding + 1)
    }


def test_each_image_is_cropped_at_its_own_place_and_all_places_occur() -> None:
    images = batch()
    cropped = RandomCrop(padding=1)(images)
    places = [
        [place for place, crop in shifts(before, 1).items() if torch.equal(crop, after)]
        for before, after in zip(images, cropped, strict=True)
    ]
    assert all(len(found) == 1 for found in places)
    assert len({found[0] for found in places}) == 9
    assert cropped.dtype == torch.uint8


def test_each_image_is_flipped_or_not_by_itself() -> None:
    images = batch()
    flipped = RandomFlip()(images)
    mirrored = torch.tensor(
        [torch.equal(after, before.flip(-1)) for before, after in zip(images, flipped, strict=True)]
    )
    kept = torch.tensor(
        [torch.equal(after, before) for before, after in zip(images, flipped, strict=True)]
    )
    assert (mirrored ^ kept).all()
    assert 60 < mirrored.sum() < 140  # 100 expected, standard deviation 7


@pytest.mark.parametrize(("p", "expected"), [(0.0, False), (1.0, True)])
def test_a_certain_flip_is_certain(p: float, expected: bool) -> None:
    images = batch()
    assert torch.equal(RandomFlip(p)(images), images.flip(-1)) is expected


def test_normalised_pixels_are_scaled_shifted_and_divided_per_channel() -> None:
    images = batch()
    transform = augment_and_normalize([RandomFlip(1.0)], mean=[0.2, 0.4], std=[0.5, 0.25])
    mean, std = torch.tensor([0.2, 0.4])[:, None, None], torch.tensor([0.5, 0.25])[:, None, None]
    torch.testing.assert_close(transform(images), (images.flip(-1) / 255 - mean) / std)


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"padding is 0; .* at least 1 pixel"):
        RandomCrop(0)
    with pytest.raises(ValueError, match=r"p is 1.5; a probability lies in \[0, 1\]"):
        RandomFlip(1.5)


def test_each_image_gets_a_draw_of_its_own_of_a_transform_of_torchvision() -> None:
    images = batch()
    changed = PerImage(v2.RandomHorizontalFlip(0.5))(images)
    mirrored = [
        torch.equal(after, before.flip(-1)) for before, after in zip(images, changed, strict=True)
    ]
    assert 60 < sum(mirrored) < 140  # 100 expected, standard deviation 7
    assert PerImage(v2.RandomResizedCrop(3))(images).shape == (200, 2, 3, 3)


def test_rand_augment_depends_on_the_generator_alone() -> None:
    images, augment = batch(8, 3, 32, 32), PerImage(v2.RandAugment())
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(augment(images))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])
