from typing import Any

import pytest

from tangle.data.image_sources import IMAGENET_MEAN, IMAGENET_STD, Reading


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
