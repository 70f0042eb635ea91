import logging
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from tangle.data.hub import HubSet
from tangle.data.hub_parts import HubParts
from tests.data.hub_format import encoded, rows, write_hub_images, write_parquet


@pytest.fixture
def root(tmp_path: Path, hub_cache: Path) -> Path:
    return tmp_path / "set"


def parts(root: Path, **options: Any) -> HubParts:
    return HubParts(HubSet(str(root)), **options)


def table(number: int, **columns: Any) -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {"image": [encoded(place) for place in range(number)], **columns}
    ).cast_column("image", datasets.Image())


def test_images_are_the_bytes_that_were_stored_and_labels_theirs(root: Path) -> None:
    write_hub_images(root, train=9, test=3)
    train, test = parts(root).parts()
    assert parts(root).classes == ("ant", "bee", "cow")
    assert [train.images.read(number) for number in (7, 0)] == [
        encoded(number)["bytes"] for number in (7, 0)
    ]
    assert train.labels.tolist() == [0, 1, 2] * 3
    assert (len(test.images), test.images.read(2)) == (3, encoded(202)["bytes"])
    assert train.images.name(7) == f"row 7 of the split train of {root}"


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([2, 0, 1], ("0", "1", "2")),
        (["elk", "dog", "elk"], ("dog", "elk")),
        (np.array([1, 0, 1], np.uint8), ("0", "1")),
    ],
)
def test_labels_may_be_numbers_or_names(root: Path, values: Any, classes: tuple[str, ...]) -> None:
    both = table(3, label=values)
    write_parquet(root, train=both, test=both)
    found = parts(root)
    assert found.classes == classes
    assert [classes[label] for label in found.parts()[0].labels] == [str(v) for v in values]


def test_columns_of_other_names_are_found_by_their_kind_or_named(root: Path) -> None:
    both = rows(6).rename_columns({"image": "photo", "label": "animal"}).add_column("n", range(6))
    write_parquet(root, train=both, test=both)
    assert parts(root).parts()[0].labels.tolist() == [0, 1, 2] * 2
    with pytest.raises(ValueError, match=r"label_column is breed, which is none of .*animal"):
        parts(root, label_column="breed").parts()
    named = parts(root, label_column="n", image_column="photo")
    assert named.classes == tuple("012345")


@pytest.mark.parametrize(
    ("column", "option", "number"), [("image", "image_column", 0), ("label", "label_column", 0)]
)
def test_a_column_that_cannot_be_guessed_is_asked_for(
    root: Path, column: str, option: str, number: int
) -> None:
    both = rows(6).remove_columns(column).add_column("n", range(6))
    write_parquet(root, train=both, test=both)
    with pytest.raises(ValueError, match=rf"{option} is not set, and {number} of the columns .*n "):
        parts(root).parts()


def test_a_column_of_something_else_is_no_class(root: Path) -> None:
    both = table(3, label=[0.5, 1.5, 2.5])
    write_parquet(root, train=both, test=both)
    with pytest.raises(ValueError, match="label holds double, which is no class: set label_col"):
        parts(root).parts()


@pytest.mark.parametrize("missing", [[-1, -1, -1], [None, 0, 1]])
def test_a_split_without_labels_is_refused_with_the_others(root: Path, missing: list[Any]) -> None:
    without = rows(3, labels=missing)
    write_parquet(root, train=rows(6), test=without, validation=rows(3))
    count = missing.count(-1) + missing.count(None)
    with pytest.raises(ValueError, match=rf"{count} of 3 rows .*test .* no label, .*tested.*valid"):
        parts(root).parts()
    assert len(parts(root, test_split="validation").parts()[1].images) == 3


def test_a_class_that_is_only_tested_is_refused_and_one_that_is_only_trained_told(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    some = rows(4, labels=[0, 1, 0, 1])
    write_parquet(root, train=some, test=rows(6))
    with pytest.raises(ValueError, match=r"1 classes are in the split test .*not in train: cow"):
        parts(root).parts()
    with caplog.at_level(logging.WARNING):
        parts(root, train_split="test", test_split="train").parts()
    assert "1 classes are trained and not tested: cow" in caplog.text


def test_names_of_classes_that_only_the_test_has_are_refused(root: Path) -> None:
    write_parquet(root, train=table(2, label=["a", "b"]), test=table(2, label=["a", "c"]))
    with pytest.raises(ValueError, match="has classes that train has not: c"):
        parts(root).parts()


def test_training_images_are_not_tested_on(root: Path) -> None:
    with pytest.raises(ValueError, match="train_split and test_split are both train"):
        parts(root, test_split="train").parts()
