from pathlib import Path

import pytest

from tangle.data.image_index import check_same_classes, index_folder


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_images_are_listed_by_class_and_name_and_other_files_are_not(tmp_path: Path) -> None:
    touch(tmp_path / "b" / "2.JPG", tmp_path / "b" / "deep" / "1.png", tmp_path / "b" / "notes.txt",
          tmp_path / "a" / "ü.jpeg", tmp_path / "a" / ".hidden.jpg", tmp_path / ".git" / "x.png",
          tmp_path / "list.csv")  # fmt: skip
    index = index_folder(tmp_path)
    assert index.classes == ("a", "b")
    assert index.labels.tolist() == [0, 1, 1]
    names = [index.paths.path(number) for number in range(len(index.paths))]
    assert names == [tmp_path / "a" / "ü.jpeg", tmp_path / "b" / "2.JPG",
                     tmp_path / "b" / "deep" / "1.png"]  # fmt: skip
    assert index.paths.name(0) == str(tmp_path / "a" / "ü.jpeg")


def test_class_folders_without_an_image_are_named(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "1.png", tmp_path / "b" / "readme.txt")
    (tmp_path / "c").mkdir()
    with pytest.raises(ValueError, match=r"2 class folders without an image: b, c\. Images end in"):
        index_folder(tmp_path)


def test_a_folder_without_class_folders_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"has no class folder; put images into .*CLASS"):
        index_folder(tmp_path)


def test_many_names_are_cut_short() -> None:
    many = [f"c{number}" for number in range(8)]
    with pytest.raises(ValueError, match=r"8 classes are in x but not in y: c0, .* c4 and 3 more"):
        check_same_classes(Path("x"), Path("y"), many, [])
