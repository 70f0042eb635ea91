from pathlib import Path

import pytest
import torch

from tangle.data import ImageNet
from tests.data.pictures import write_pictures


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four classes in ImageNet's layout."""
    monkeypatch.setattr(ImageNet, "expected_classes", 4)
    names = [f"n0{number}" for number in range(4)]
    write_pictures(tmp_path / "train", dict.fromkeys(names, 20))
    write_pictures(tmp_path / "val", dict.fromkeys(names, 3), first=100)
    return tmp_path


def test_there_are_a_thousand_classes() -> None:
    assert ImageNet.expected_classes == 1000


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
    with pytest.raises(ValueError, match=r"has 5 class folders, and ImageNet 4; .*ImageFolder"):
        ImageNet(root).setup("fit")
