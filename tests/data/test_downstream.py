from pathlib import Path

import pytest

from tangle.data import Flowers102, OxfordIIITPet, StanfordCars
from tests.data.downstream_sets import write_cars, write_flowers, write_pets

SETS = {
    Flowers102: (write_flowers, 102, 204, 102),
    OxfordIIITPet: (write_pets, 37, 37, 37),
    StanfordCars: (write_cars, 196, 196, 196),
}
EACH = pytest.mark.parametrize("cls", list(SETS), ids=lambda cls: cls.__name__)


@EACH
def test_images_have_the_sizes_and_classes_of_the_lists(cls, tmp_path: Path) -> None:
    write, num_classes, num_train, num_test = SETS[cls]
    if cls is not OxfordIIITPet:
        pytest.importorskip("scipy")
    write(tmp_path)
    module = cls(tmp_path, image_size=8, mean=[0.0] * 3, std=[1.0] * 3)
    sources = module.sources
    assert (len(sources.train), len(sources.test)) == (num_train, num_test)
    assert module.num_classes == num_classes
    assert sources.labels.bincount().tolist() == [num_train // num_classes] * num_classes
    for x, y in module.test_dataloader():  # the pictures' brightness is their class
        assert (x[:, 0, 4, 4] * 255).round().long().sub(y + 1).abs().max() <= 1


@EACH
def test_an_absent_folder_is_an_error_that_says_how_to_get_it(cls, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{cls.folder} does not exist.*GB|MB") as error:
        cls(tmp_path).setup("fit")
    assert "put its content there, or set root" in str(error.value)


def test_missing_images_are_counted_and_named(tmp_path: Path) -> None:
    write_pets(tmp_path)
    (tmp_path / "oxford-iiit-pet" / "images" / "Breed_7_0.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks 1 of 37 images, images/Breed_7_0.jpg"):
        OxfordIIITPet(tmp_path).setup("fit")


def test_a_damaged_list_is_named(tmp_path: Path) -> None:
    write_pets(tmp_path)
    (tmp_path / "oxford-iiit-pet" / "annotations" / "test.txt").write_text("Breed_1_1 1\n")
    with pytest.raises(ValueError, match=r"test.txt is damaged: each line"):
        OxfordIIITPet(tmp_path).setup("fit")


def test_lists_of_something_else_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flowers-102").mkdir()
    monkeypatch.setattr("tangle.data.downstream.read_mat", lambda path: {"other": []})
    with pytest.raises(ValueError, match=r"not those of Flowers102: KeyError\('labels'\)"):
        Flowers102(tmp_path).setup("fit")


def test_a_class_out_of_range_is_named(tmp_path: Path) -> None:
    write_pets(tmp_path)
    list_ = tmp_path / "oxford-iiit-pet" / "annotations" / "test.txt"
    list_.write_text("Breed_1_1 38 1 1\n")
    with pytest.raises(ValueError, match="holds the class 37, but classes are 0 to 36"):
        OxfordIIITPet(tmp_path).setup("fit")
