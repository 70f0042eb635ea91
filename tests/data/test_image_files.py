import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tangle.data.decoding import Decoder, evaluation_geometry, training_geometry
from tangle.data.image_files import ImageFiles
from tangle.data.image_index import index_folder
from tangle.data.sampler import Draw
from tests.data.pictures import colour_of, write_pictures


def make(folder: Path, **settings) -> ImageFiles:
    index = index_folder(folder)
    decode = settings.pop("decode", Decoder(evaluation_geometry(2, None, "bilinear"), 3))
    return ImageFiles(index.paths, index.labels, decode=decode, transform=lambda x: x, **settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pictures(tmp_path, {"a": 4, "b": 4})
    return tmp_path


def test_a_draw_becomes_the_images_and_labels_of_its_indices(folder: Path) -> None:
    data = make(folder, after=[lambda x, y: (x, y + 10)])
    x, y = data[Draw([6, 1, 6], 0)]
    assert [tuple(image[:, 0, 0].tolist()) for image in x] == [colour_of(i) for i in (6, 1, 6)]
    assert y.tolist() == [11, 10, 11]
    assert len(data) == 8


def test_a_sample_that_is_repeated_in_a_draw_is_cropped_anew(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "a").mkdir()
    Image.linear_gradient("L").save(tmp_path / "a" / "0.png")
    data = make(tmp_path, decode=Decoder(training_geometry(8, (0.1, 0.3), "bilinear"), 1))
    x, _ = data[Draw([0, 0, 0], 5)]
    assert len({image.numpy().tobytes() for image in x}) == 3


def test_randomness_is_that_of_the_draw_and_the_global_generator_is_left_alone(
    folder: Path,
) -> None:
    data = make(folder, after=[lambda x, y: (torch.rand(1), y)])
    before = torch.get_rng_state()

    def number(seed: int) -> Tensor:
        return data[Draw([0], seed)][0]

    assert number(1) == number(1) != number(2)
    assert torch.equal(torch.get_rng_state(), before)


def test_skipped_images_are_told_once_and_counted(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "a" / "001.png").write_bytes(b"damaged")
    data = make(folder, on_error="skip")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            x, y = data[Draw([1, 4], 0)]
    assert (len(x), y.tolist()) == (1, [1])
    assert caplog.text.count("a/001.png") == 1
    assert "Left out, as 1 in this process" in caplog.text
    with pytest.raises(
        ValueError, match=r"none of the 1 images of a batch can be decoded, .*a/001"
    ):
        data[Draw([1], 0)]


def test_images_and_labels_must_be_as_many(folder: Path) -> None:
    index = index_folder(folder)
    with pytest.raises(ValueError, match="8 images but 3 labels"):
        ImageFiles(index.paths, index.labels[:3], decode=None, transform=lambda x: x)
