import logging
import shutil
import subprocess
import sys
import time
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

from tangle.data import ImageFolder, PerImage, RandomFlip, bilevel
from tangle.data.sampler import Draw
from tests.data.pictures import colour_of, write_image_folder, write_pictures

SMALL: dict[str, Any] = {"image_size": 8, "batch_size": 16, "val_fraction": 0.2}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """90 training and 12 test images of three classes."""
    write_image_folder(tmp_path)
    return tmp_path


def colours(images: Tensor) -> list[tuple[int, ...]]:
    """The colour of each normalised image, all of whose pixels must have it."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = (images * std[:, None, None] + mean[:, None, None]).mul(255).round()
    assert torch.equal(pixels, pixels[:, :, :1, :1].expand_as(pixels))
    return [tuple(int(value) for value in pixel) for pixel in pixels[:, :, 0, 0]]


CACHE = pytest.mark.parametrize("cache", [False, True], ids=["decoded", "cached"])


@CACHE
def test_sizes_classes_and_pixels_are_those_of_the_folders(root: Path, cache: bool) -> None:
    module = ImageFolder(root, cache=cache, **SMALL)
    assert module.num_classes == 3
    assert module.classes == ("ant", "bee", "cow")
    assert (len(module.sources.train), len(module.sources.test)) == (90, 12)
    seen, labels = [], []
    for x, y in module.test_dataloader():
        assert x.shape[1:] == (3, 8, 8)
        seen += colours(x)
        labels += y.tolist()
    assert seen == [colour_of(200 + number) for number in range(12)]
    assert labels == [0] * 4 + [1] * 4 + [2] * 4


@CACHE
def test_an_epoch_shows_each_image_of_the_weight_part_once(root: Path, cache: bool) -> None:
    module = ImageFolder(root, cache=cache, **SMALL)
    batches = [part for part, _, _ in module.train_dataloader()]
    seen = [colour for part in batches for colour in colours(part["weights"][0])]
    arch = [colour for part in batches for colour in colours(part["arch"][0])]
    val = [colour for x, _ in module.val_dataloader() for colour in colours(x)]
    assert sorted(seen) == sorted(colour_of(int(i)) for i in module.split.weights)
    assert (len(seen), len(set(seen)), len(set(arch)), len(val)) == (36, 36, 36, 18)
    assert not set(seen) & set(arch)
    assert not (set(seen) | set(arch)) & set(val)


def test_parts_hold_all_classes_alike(root: Path) -> None:
    module = ImageFolder(root, **SMALL)
    for part in vars(module.split).values():
        counts = module.sources.labels[part].bincount(minlength=3)
        assert counts.max() - counts.min() <= 1


def test_workers_make_the_same_batches(root: Path) -> None:
    settings = {**SMALL, "crop_scale": (0.1, 1.0), "augment": [PerImage(v2.RandAugment())]}
    epochs = []
    for num_workers in (0, 2):
        module = ImageFolder(root, num_workers=num_workers, **settings)
        epochs.append([part["weights"] for part, _, _ in module.train_dataloader()])
        module.teardown("fit")
    for (x, y), (other_x, other_y) in zip(*epochs, strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)


def test_images_of_other_kinds_become_the_channels_asked_for(root: Path) -> None:
    grey = Image.new("L", (20, 20), 200)
    for number, mode in enumerate(["L", "P", "RGBA", "CMYK", "1"]):
        suffix = "jpg" if mode == "CMYK" else "png"
        grey.convert("RGB" if mode == "RGBA" else "L").convert(mode).save(
            root / "test" / "ant" / f"{number}.{suffix}"
        )
    for channels in (1, 3):
        module = ImageFolder(root, channels=channels, **SMALL)
        assert {x.shape[1:] for x, _ in module.test_dataloader()} == {(channels, 8, 8)}


def test_test_images_are_cropped_at_their_centre_and_training_images_at_random(
    tmp_path: Path,
) -> None:
    picture = Image.new("RGB", (40, 20))
    picture.paste((255, 255, 255), (10, 0, 30, 20))  # a white square in the middle
    for part in ("train", "test"):
        for name in ("a", "b"):
            (tmp_path / part / name).mkdir(parents=True)
            for number in range(8):
                picture.save(tmp_path / part / name / f"{number}.png")
    module = ImageFolder(tmp_path, image_size=16, test_crop=0.8, crop_scale=(0.2, 0.5),
                         val_fraction=0.0, batch_size=8)  # fmt: skip
    x, _ = next(iter(module.test_dataloader()))
    assert (x > 2).all()
    x, _ = next(iter(module.train_dataloader()))[0]["weights"]
    assert len({image.numpy().tobytes() for image in x}) == len(x)


def break_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


@pytest.mark.parametrize("settings", [{"check": True}, {"cache": True}], ids=["check", "cache"])
def test_damaged_images_are_named_and_counted_before_training(
    root: Path, settings: dict[str, Any]
) -> None:
    break_file(root / "train" / "bee" / "007.png")
    break_file(root / "train" / "cow" / "001.png")
    with pytest.raises(ValueError, match=r"2 of 90 images cannot .*bee/007.png .*on_error to skip"):
        ImageFolder(root, **settings, **SMALL).setup("fit")


@pytest.mark.parametrize("settings", [{"check": True}, {"cache": True}, {}], ids=str)
def test_damaged_images_can_be_skipped(
    root: Path, settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    break_file(root / "train" / "bee" / "007.png")
    module = ImageFolder(root, on_error="skip", **settings, **{**SMALL, "arch_fraction": 0.0,
                         "val_fraction": 0.0})  # fmt: skip
    module.setup("fit")
    with caplog.at_level(logging.WARNING):
        seen = [c for part, _, _ in module.train_dataloader() for c in colours(part["weights"][0])]
    assert len(seen) == len(set(seen)) == 89
    assert colour_of(37) not in seen
    assert len(module.sources.train) == (89 if settings else 90)
    assert "bee/007.png" in caplog.text or settings


def test_a_damaged_image_that_was_not_looked_for_is_named_when_it_is_met(root: Path) -> None:
    break_file(root / "test" / "bee" / "002.png")
    module = ImageFolder(root, **SMALL)
    with pytest.raises(ValueError, match=r"bee/002.png cannot be decoded: .*Replace or remove it"):
        list(module.test_dataloader())


def test_the_folder_of_test_images_is_test_or_else_val_or_the_one_that_is_named(
    root: Path,
) -> None:
    write_pictures(root / "val", {"ant": 1, "bee": 1, "cow": 1})
    assert len(ImageFolder(root).sources.test) == 12
    assert len(ImageFolder(root, "val").sources.test) == 3
    shutil.rmtree(root / "test")
    assert len(ImageFolder(root).sources.test) == 3
    shutil.rmtree(root / "val")
    with pytest.raises(FileNotFoundError, match=r"neither test nor val.*test_folder"):
        ImageFolder(root).setup("fit")


@pytest.mark.parametrize("name", ["train", "./train", "test/../train"])
def test_training_images_are_not_tested_on(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"test_folder is .*train, the folder of the training"):
        ImageFolder(root, name).setup("fit")


def test_an_absent_root_is_an_error_that_says_where_images_belong(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere/train does not exist.*/CLASS, .*root"):
        ImageFolder(tmp_path / "nowhere", "val").setup("fit")


def test_a_class_in_one_folder_only_is_named(root: Path) -> None:
    write_pictures(root / "train", {"dog": 2})
    with pytest.raises(ValueError, match=r"1 classes are in .*train but not in .*test: dog"):
        ImageFolder(root).setup("fit")
    shutil.rmtree(root / "train" / "dog")
    write_pictures(root / "test", {"elk": 2})
    with pytest.raises(ValueError, match=r"1 classes are in .*test but not in .*train: elk"):
        ImageFolder(root).setup("fit")


def test_a_batch_larger_than_the_split_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match=r"weights part holds 36 samples .* at least 64"):
        ImageFolder(root, **{**SMALL, "batch_size": 64}).setup("fit")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cache": True, "crop_scale": (0.1, 1.0)}, "cache is true and crop_scale .*RandomCrop"),
        ({"crop_scale": (0.5, 0.1)}, r"crop_scale is \[0.5, 0.1\].*smaller first"),
        ({"test_crop": 1.5}, r"test_crop is 1.5; it must lie in \(0, 1\]"),
        ({"channels": 2}, r"channels is 2; .* 3 \(RGB\) or 1 \(grey\)"),
        ({"channels": 1, "mean": [0.5, 0.5, 0.5]}, "mean has 3 values, and images 1 channels"),
        ({"image_size": 0}, "image_size is 0; it must be at least 1 pixel"),
        ({"arch_fraction": 1.0}, r"arch_fraction is 1.0; it must lie in \[0, 1\)"),
    ],
)
def test_senseless_options_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImageFolder("anywhere", **settings)


def test_cached_images_are_augmented_in_training_alone(root: Path) -> None:
    picture = Image.new("RGB", (8, 8))
    picture.paste((255, 255, 255), (0, 0, 4, 8))  # white on the left
    for part in ("train", "test"):
        for path in (root / part).rglob("*.png"):
            picture.save(path)
    module = ImageFolder(root, cache=True, augment=[RandomFlip(1.0)], **SMALL)
    assert (next(iter(module.train_dataloader()))[0]["weights"][0][..., 0] < 0).all()
    assert (next(iter(module.val_dataloader()))[0][..., 0] > 0).all()


def test_workers_of_any_start_method_can_be_given_the_images(root: Path) -> None:
    module = ImageFolder(root, crop_scale=(0.1, 1.0), **SMALL)
    draw = Draw([3, 1], seed=4)
    sent = ForkingPickler.loads(ForkingPickler.dumps(module.sources.train))
    assert torch.equal(sent[draw][0], module.sources.train[draw][0])


def test_two_ranks_see_each_image_of_the_weight_part_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bilevel, "_world_size", lambda: 2)
    seen = []
    for rank in (0, 1):
        monkeypatch.setattr(bilevel, "_rank", lambda rank=rank: rank)
        module = ImageFolder(root, **SMALL)
        seen += [c for part, _, _ in module.train_dataloader() for c in colours(part["weights"][0])]
    assert sorted(seen) == sorted(colour_of(int(i)) for i in module.split.weights)


@pytest.mark.slow
@pytest.mark.data
def test_cifar10_as_jpegs_has_its_sizes_and_is_listed_in_seconds(
    data_root: Path, tmp_path: Path
) -> None:
    unpack = data_root / "cifar10" / "unpack.py"
    subprocess.run([sys.executable, unpack, "folder", tmp_path], check=True)
    module = ImageFolder(tmp_path, image_size=32, num_workers=2, batch_size=256)
    start = time.perf_counter()
    module.setup("fit")
    assert time.perf_counter() - start < 5
    assert module.sources.labels.bincount().tolist() == [5000] * 10
    assert module.sources.test.labels.bincount().tolist() == [1000] * 10
    counts = sum(y.bincount(minlength=10) for _, y in module.test_dataloader())
    assert counts.tolist() == [1000] * 10
    module.teardown("fit")
