from pathlib import Path
from typing import Any

import pytest

from tangle.data import image_sources
from tangle.data.image_index import index_folder
from tangle.data.image_sources import IMAGENET_MEAN, IMAGENET_STD, EncodedPart, Reading
from tests.data.pictures import colour_of, write_pictures


def reading(**settings: Any) -> Reading:
    options: dict[str, Any] = {
        "image_size": 8, "channels": 3, "crop_scale": None, "test_crop": None,
        "interpolation": "bilinear", "cache": False, "check": False, "on_error": "fail",
        "augment": (), "augment_normalized": (), "mean": None, "std": None,
    }  # fmt: skip
    return Reading(**{**options, **settings})


def test_images_are_normalised_by_imagenets_constants_unless_others_are_given() -> None:
    assert reading().normalization == {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    assert reading(mean=[0.1, 0.2, 0.3]).normalization["mean"] == [0.1, 0.2, 0.3]
    grey = reading(channels=1).normalization
    assert grey["mean"] == [pytest.approx(0.449)]
    assert grey["std"] == [pytest.approx(0.226)]


def test_constants_must_be_as_many_as_channels() -> None:
    with pytest.raises(ValueError, match="std has 1 values, and images 3 channels"):
        reading(std=[0.5])


def folder_part(folder: Path, number: int) -> EncodedPart:
    write_pictures(folder, {"a": number})
    index = index_folder(folder)
    return EncodedPart(index.paths, index.labels)


def test_images_that_do_not_fit_into_memory_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = folder_part(tmp_path / "train", 7), folder_part(tmp_path / "test", 3)
    need = 10 * 3 * 8 * 8
    monkeypatch.setattr(image_sources, "available_memory", lambda: need)
    assert len(reading(cache=True).sources(*parts).train) == 7
    monkeypatch.setattr(image_sources, "decode_all", pytest.fail)
    monkeypatch.setattr(image_sources, "available_memory", lambda: need - 1)
    with pytest.raises(
        ValueError,
        match=r"cache is true, but 10 images of image_size 8 and channels 3 take .* GB, and .* GB "
        r"of memory are available: set cache to false, .*or lower image_size",
    ):
        reading(cache=True).sources(*parts)


def test_images_after_a_skipped_one_keep_their_places_and_labels(tmp_path: Path) -> None:
    write_pictures(tmp_path, {"a": 3, "b": 3})
    (tmp_path / "a" / "001.png").write_bytes(b"damaged")
    index = index_folder(tmp_path)
    part = EncodedPart(index.paths, index.labels)
    train = reading(cache=True, on_error="skip").sources(part, part).train
    colours = [tuple(image[:, 0, 0].tolist()) for image in train.images]
    assert colours == [colour_of(number) for number in (0, 2, 3, 4, 5)]
    assert train.labels.tolist() == [0, 0, 1, 1, 1]
