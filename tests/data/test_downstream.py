import sys
from pathlib import Path

import pytest
from torchvision import datasets

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
    with pytest.raises(FileNotFoundError, match=rf"{cls.folder} does not exist.*(GB|MB)") as error:
        cls(tmp_path).setup("fit")
    for fact in (f"into {tmp_path / cls.folder} in torchvision's layout", "or set root"):
        assert fact in str(error.value)


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


@pytest.mark.parametrize(
    ("cls", "size"), [(Flowers102, "345 MB"), (OxfordIIITPet, "811 MB")], ids=["flowers", "pets"]
)
def test_a_set_is_fetched_by_torchvision_if_it_is_not_there_and_told_before(
    cls, size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    pytest.importorskip("scipy")
    told_before = []

    def deliver(self, root: str, download: bool) -> None:
        told_before.append(caplog.text)
        assert (root, download) == (str(tmp_path), True)
        SETS[cls][0](tmp_path)

    monkeypatch.setattr(getattr(datasets, cls.__name__), "__init__", deliver)
    cls(tmp_path).prepare_data()  # not asked to
    for _ in range(2):
        cls(tmp_path, download=True).prepare_data()
    assert len(told_before) == 1
    assert (
        f"{cls.name}: downloading {size} from www.robots.ox.ac.uk into {tmp_path}"
        in (told_before[0])
    )


def test_flowers_are_not_fetched_where_they_could_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.Flowers102, "__init__", pytest.fail)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(ValueError, match=r"needs scipy: pip install tangle-nas\[downstream\]"):
        Flowers102(tmp_path, download=True).prepare_data()


def test_cars_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"download is true, but Stanford Cars cannot .* a copy"):
        StanfordCars(tmp_path, download=True).prepare_data()
    StanfordCars(tmp_path).prepare_data()
