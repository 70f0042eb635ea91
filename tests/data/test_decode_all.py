import logging
from pathlib import Path

import pytest
import torch

from tangle.data.decode_all import ChosenImages, decode_all
from tangle.data.decoding import Decoder, UndecodableImageError, evaluation_geometry
from tangle.data.image_index import ImagePaths, index_folder
from tests.data.pictures import colour_of, write_pictures

DECODE = Decoder(evaluation_geometry(2, None, "bilinear"), 3)


@pytest.fixture
def images(tmp_path: Path) -> ImagePaths:
    """Eight images, of which the numbers 2 and 5 are damaged."""
    write_pictures(tmp_path, {"a": 4, "b": 4})
    for path in (tmp_path / "a" / "002.png", tmp_path / "b" / "001.png"):
        path.write_bytes(b"damaged")
    return index_folder(tmp_path).paths


def test_images_are_kept_in_their_order_and_damaged_ones_told(
    images: ImagePaths, caplog: pytest.LogCaptureFixture
) -> None:
    pixels = torch.zeros(8, 3, 2, 2, dtype=torch.uint8)
    with caplog.at_level(logging.WARNING):
        good = decode_all(images, DECODE, into=pixels, on_error="skip")
    assert good == [0, 1, 3, 4, 6, 7]
    for number in good:
        assert tuple(pixels[number, :, 1, 1].tolist()) == colour_of(number)
    assert "left out 2 of 8 images" in caplog.text
    assert "a/002.png" in caplog.text


def test_damaged_images_are_an_error_unless_they_are_skipped(images: ImagePaths) -> None:
    with pytest.raises(UndecodableImageError, match=r"2 of 8 images .* The first: .*a/002.png"):
        decode_all(images, DECODE, into=None, on_error="fail")


def test_if_all_are_damaged_nothing_is_left_to_skip_to(images: ImagePaths) -> None:
    damaged = ChosenImages(images, [2, 5])
    with pytest.raises(UndecodableImageError, match="2 of 2 images cannot be decoded"):
        decode_all(damaged, DECODE, into=None, on_error="skip")


def test_chosen_images_are_those_of_the_numbers(images: ImagePaths) -> None:
    chosen = ChosenImages(images, [7, 3])
    assert len(chosen) == 2
    assert (chosen.read(0), chosen.name(1)) == (images.read(7), images.name(3))
