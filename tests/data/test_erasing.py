import pytest
import torch
from torch import Tensor

from tangle.data.erasing import Cutout, RandomErasing


def box(mask: Tensor) -> tuple[int, int, int]:
    """Height, width and number of pixels of what is marked, [H, W]."""
    rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
    height = int(rows.max() - rows.min()) + 1
    return height, int(columns.max() - columns.min()) + 1, int(mask.sum())


def test_cutout_blanks_a_square_of_each_image_at_its_own_place() -> None:
    images, labels = torch.ones(300, 3, 12, 10), torch.arange(300)
    cut, same = Cutout(4)(images, labels)
    assert same is labels
    assert torch.equal(images, torch.ones_like(images))
    blank = (cut == 0).all(1)
    assert torch.equal(blank, (cut != 1).any(1))
    boxes = [box(mask) for mask in blank]
    assert all(height * width == count for height, width, count in boxes)
    assert max(boxes) == (4, 4, 16)
    assert min(height for height, _, _ in boxes) == 2  # half of it outside, at most
    assert blank.any(0).all()  # every pixel is hit at some time


def test_cutout_larger_than_the_image_leaves_nothing_but_what_lies_off_its_centre() -> None:
    cut, _ = Cutout(40)(torch.ones(5, 1, 8, 8), torch.zeros(5))
    assert not cut.any()


def test_erasing_fills_a_rectangle_of_some_images_with_noise() -> None:
    images, labels = torch.full((400, 3, 16, 16), 9.0), torch.arange(400)
    erased, same = RandomErasing(0.25)(images, labels)
    assert same is labels
    changed = (erased != 9).all(1)
    hit = changed.any(-1).any(-1)
    assert 70 < int(hit.sum()) < 130  # 100 expected, standard deviation 9
    noise = []
    for image, mask in zip(erased[hit], changed[hit], strict=True):
        height, width, count = box(mask)
        assert height * width == count
        assert 0.01 < count / 256 < 0.4  # of an area in [0.02, 0.33], sides rounded
        noise.append(image[:, mask].flatten())
    values = torch.cat(noise)
    assert abs(float(values.mean())) < 0.05
    assert float(values.std()) == pytest.approx(1, abs=0.05)


def test_images_that_no_rectangle_fits_stay_as_they_are() -> None:
    images = torch.ones(20, 1, 4, 4)
    assert torch.equal(RandomErasing(1, scale=(1, 1))(images, torch.zeros(20))[0], images)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Cutout(0), "length is 0; .* at least 1 pixel"),
        (lambda: RandomErasing(1.5), r"p is 1.5; a probability lies in \[0, 1\]"),
        (lambda: RandomErasing(scale=(0.5, 0.1)), r"scale is \[0.5, 0.1\].*smaller first"),
        (lambda: RandomErasing(ratio=(0, 1)), r"ratio is \[0, 1\].*above 0"),
    ],
)
def test_senseless_arguments_are_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
