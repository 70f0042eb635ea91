import shutil
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.transforms import v2

from tangle.data import HubImages, ImageFolder, PerImage
from tangle.data.sampler import Draw
from tests.data.hub_format import CLASSES, encoded, rows, write_hub_images, write_parquet
from tests.data.pictures import colour_of

SMALL: dict[str, Any] = {"image_size": 8, "batch_size": 16, "val_fraction": 0.2}


@pytest.fixture
def root(tmp_path: Path, hub_cache: Path) -> Path:
    """90 training and 12 test images of three classes."""
    write_hub_images(tmp_path / "set")
    return tmp_path / "set"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The same images in folders of classes, under names that keep their order in each class."""
    for part, number, first in (("train", 90, 0), ("test", 12, 200)):
        for place in range(number):
            path = tmp_path / "folder" / part / CLASSES[place % 3] / f"{place:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(first + place)["bytes"])
    return tmp_path / "folder"


@pytest.mark.parametrize("cache", [False, True], ids=["decoded", "cached"])
def test_sizes_classes_and_pixels_are_those_of_the_table(root: Path, cache: bool) -> None:
    module = HubImages(str(root), cache=cache, mean=[0.0] * 3, std=[1.0] * 3, **SMALL)
    module.prepare_data()
    assert (module.num_classes, module.classes) == (3, ("ant", "bee", "cow"))
    assert (len(module.sources.train), len(module.sources.test)) == (90, 12)
    x, y = (torch.cat(tensors) for tensors in zip(*module.test_dataloader(), strict=True))
    colours = [tuple(c) for c in (x[:, :, 4, 4] * 255).round().int().tolist()]
    assert colours == [colour_of(200 + number) for number in range(12)]
    assert y.tolist() == [0, 1, 2] * 4


def test_parts_are_as_large_as_those_of_the_same_images_in_folders(
    root: Path, folder: Path
) -> None:
    ours, theirs = HubImages(str(root), **SMALL), ImageFolder(folder, **SMALL)
    for name, part in vars(ours.split).items():
        assert len(part) == len(getattr(theirs.split, name))
        counts = ours.sources.labels[part].bincount(minlength=3)
        assert counts.max() - counts.min() <= 1


def test_workers_make_the_same_batches(root: Path) -> None:
    settings = {**SMALL, "crop_scale": (0.1, 1.0), "augment": [PerImage(v2.RandAugment())]}
    epochs = []
    for num_workers in (0, 2):
        module = HubImages(str(root), num_workers=num_workers, **settings)
        epochs.append([part["weights"] for part, _, _ in module.train_dataloader()])
        module.teardown("fit")
    for (x, y), (other_x, other_y) in zip(*epochs, strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)


def test_workers_of_any_start_method_can_be_given_the_images(root: Path) -> None:
    module = HubImages(str(root), **SMALL)
    draw = Draw([3, 1], seed=4)
    sent = ForkingPickler.loads(ForkingPickler.dumps(module.sources.train))
    assert torch.equal(sent[draw][0], module.sources.train[draw][0])


def test_a_damaged_image_is_named_by_its_row_or_left_out(tmp_path: Path, hub_cache: Path) -> None:
    damaged = rows(30).to_dict()
    damaged["image"][7] = {"bytes": b"damaged", "path": "7.png"}
    table = rows(30)
    table = table.from_dict(damaged, features=table.features)
    write_parquet(tmp_path / "set", train=table, test=rows(6))
    with pytest.raises(
        ValueError, match=r"1 of 30 .* The first: row 7 of the split train of .*set "
    ):
        HubImages(str(tmp_path / "set"), check=True, **SMALL).setup("fit")
    skipping = HubImages(str(tmp_path / "set"), check=True, on_error="skip", **SMALL)
    assert len(skipping.sources.train) == 29


def test_the_hub_is_asked_once_and_then_not_needed(root: Path) -> None:
    HubImages(str(root), **SMALL).prepare_data()
    module = HubImages(str(root), **SMALL)
    module.setup("fit")
    shutil.rmtree(root / "data")  # what is read is the converted set
    assert len(list(module.test_dataloader())) == 1
