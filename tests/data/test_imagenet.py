from pathlib import Path

import datasets
import huggingface_hub
import pytest
import torch

from tangle.data import ImageNet
from tests.data.hub_format import rows, write_parquet
from tests.data.pictures import colour_of, write_pictures


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four classes in ImageNet's layout."""
    monkeypatch.setattr(ImageNet, "total", 4)
    names = [f"n0{number}" for number in range(4)]
    write_pictures(tmp_path / "train", dict.fromkeys(names, 20))
    write_pictures(tmp_path / "val", dict.fromkeys(names, 3), first=100)
    return tmp_path


def test_there_are_a_thousand_classes() -> None:
    assert ImageNet.total == 1000


def test_the_validation_folder_is_the_test_set_and_nothing_else(root: Path) -> None:
    module = ImageNet(root, image_size=8, batch_size=16)
    module.setup("fit")
    assert (len(module.sources.train), len(module.sources.test), module.num_classes) == (80, 12, 4)
    assert sum(len(part) for part in vars(module.split).values()) == 80
    assert module.sources.test.labels.bincount().tolist() == [3] * 4


def test_parts_are_disjoint_and_hold_all_classes_alike(root: Path) -> None:
    module = ImageNet(root, image_size=8, batch_size=16, arch_fraction=0.25)
    parts = list(vars(module.split).values())
    assert torch.cat(parts).sort().values.equal(torch.arange(80))
    for part in parts:
        counts = module.sources.labels[part].bincount(minlength=4)
        assert counts.max() - counts.min() <= 1


def test_another_number_of_classes_is_refused(root: Path) -> None:
    for part in ("train", "val"):
        write_pictures(root / part, {"n09": 2})
    with pytest.raises(
        ValueError, match=r"has 5 classes to train on, and ImageNet 4; .*ImageFolder"
    ):
        ImageNet(root).setup("fit")


NAMES = [f"n0{number}" for number in range(4)]


@pytest.fixture
def hub_root(tmp_path: Path, hub_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same four classes in the hub's files, whose test split has no labels, as ImageNet's."""
    monkeypatch.setattr(ImageNet, "total", 4)
    train, validation = rows(80, classes=NAMES), rows(12, first=100, classes=NAMES)
    unlabelled = rows(8, classes=NAMES, labels=[-1] * 8)
    write_parquet(tmp_path / "hub", train=train, validation=validation, test=unlabelled)
    return tmp_path / "hub"


def test_the_hubs_files_give_the_images_of_the_folders(hub_root: Path) -> None:
    module = ImageNet(hub_root, image_size=8, batch_size=16, mean=[0.0] * 3, std=[1.0] * 3)
    module.setup("fit")
    assert (len(module.sources.train), len(module.sources.test), module.num_classes) == (80, 12, 4)
    number = 100
    for x, y in module.test_dataloader():
        for image, label in zip(x, y, strict=True):
            assert tuple((image[:, 4, 4] * 255).round().int().tolist()) == colour_of(number)
            assert label == number % 4
            number += 1
    assert number == 112


def test_a_saved_dictionary_of_splits_is_read_too(hub_root: Path, tmp_path: Path) -> None:
    splits = {"train": rows(80, classes=NAMES), "validation": rows(12, classes=NAMES)}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "saved")
    assert len(ImageNet(tmp_path / "saved").sources.train) == 80


def test_an_absent_set_is_an_error_with_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no ImageNet\. Set download") as error:
        ImageNet(tmp_path).setup("fit")
    for fact in ("155 GB", "accept the set's terms", str(tmp_path / "val"), "or set root"):
        assert fact in str(error.value)


def test_the_hubs_files_are_fetched_into_root_unless_all_are_there(
    hub_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    fetched = []
    missing = next(hub_root.rglob("train-00001*"))
    content = missing.read_bytes()

    def deliver(name, **options) -> None:
        fetched.append((name, caplog.text, options))
        missing.write_bytes(content)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", deliver)
    ImageNet(hub_root, download=True).prepare_data()
    ImageNet(tmp_path / "none").prepare_data()
    assert fetched == []
    missing.unlink()
    ImageNet(hub_root, download=True).prepare_data()
    name, told_before, options = fetched[0]
    assert name == "ILSVRC/imagenet-1k"
    assert "ImageNet: downloading about 155 GB from the Hugging Face hub (ILSVRC/" in told_before
    assert options["local_dir"] == hub_root
    assert options["allow_patterns"] == ["data/train-*.parquet", "data/validation-*.parquet"]


def test_folders_are_not_fetched_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", pytest.fail)
    ImageNet(root, download=True).prepare_data()


def test_a_folder_of_unlabelled_test_images_beside_is_not_read(root: Path) -> None:
    (root / "test").mkdir()
    assert len(ImageNet(root, image_size=8).sources.test) == 12


def test_a_part_of_the_hubs_files_is_not_taken_for_all(
    hub_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next(hub_root.rglob("train-00001*")).unlink()
    with pytest.raises(FileNotFoundError, match=r"a part of ImageNet: it lacks 1 files of train\."):
        ImageNet(hub_root).setup("fit")
    # Without a network the hub's client is content with what is there.
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: None)
    with pytest.raises(ConnectionError, match="not all files could be reached"):
        ImageNet(hub_root, download=True).prepare_data()
