"""A small set for every data module, in the set's own format."""

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import distributed

from tangle.data import (
    CIFAR10,
    CIFAR100,
    BilevelDataModule,
    FashionMNIST,
    Flowers102,
    HubImages,
    ImageFolder,
    ImageNet,
    ImageNet16,
    OxfordIIITPet,
    StanfordCars,
    TextFiles,
    TinyStories,
)
from tests.data.cifar_records import COUNTS, write_records
from tests.data.downstream_sets import write_cars, write_flowers, write_pets
from tests.data.fashion_files import write_fashion
from tests.data.hub_format import CLASSES, rows, write_hub_images, write_parquet
from tests.data.imagenet16_file import SIZES, write_imagenet16
from tests.data.pictures import write_image_folder, write_pictures
from tests.data.texts import sentences, stories

Make = Callable[..., BilevelDataModule]
TINY = {"image_size": 8}


def cifar10(root: Path, patch: pytest.MonkeyPatch) -> Make:
    patch.setattr(CIFAR10, "records_per_file", COUNTS[CIFAR10])
    write_records(CIFAR10, root)
    return lambda **options: CIFAR10(root, **options)


def cifar100(root: Path, patch: pytest.MonkeyPatch) -> Make:
    patch.setattr(CIFAR100, "records_per_file", COUNTS[CIFAR100])
    write_records(CIFAR100, root)
    return lambda **options: CIFAR100(root, **options)


def fashion_mnist(root: Path, patch: pytest.MonkeyPatch) -> Make:
    write_fashion(root)
    return lambda **options: FashionMNIST(root, **options)


def imagenet16(root: Path, patch: pytest.MonkeyPatch) -> Make:
    patch.setattr(ImageNet16, "sizes", SIZES)
    write_imagenet16(root)
    return lambda **options: ImageNet16(root, **options)


def image_folder(root: Path, patch: pytest.MonkeyPatch) -> Make:
    write_image_folder(root, train=20, test=5)
    return lambda **options: ImageFolder(root, **TINY, **options)


def cached_image_folder(root: Path, patch: pytest.MonkeyPatch) -> Make:
    write_image_folder(root, train=20, test=5)
    return lambda **options: ImageFolder(root, cache=True, **TINY, **options)


def imagenet_of_folders(root: Path, patch: pytest.MonkeyPatch) -> Make:
    patch.setattr(ImageNet, "total", 3)
    write_pictures(root / "train", dict.fromkeys(CLASSES, 20))
    write_pictures(root / "val", dict.fromkeys(CLASSES, 5))
    return lambda **options: ImageNet(root, **TINY, **options)


def imagenet_of_the_hub(root: Path, patch: pytest.MonkeyPatch) -> Make:
    patch.setattr(ImageNet, "total", 3)
    write_parquet(root, train=rows(61), validation=rows(15))
    return lambda **options: ImageNet(root, **TINY, **options)


def hub_images(root: Path, patch: pytest.MonkeyPatch) -> Make:
    write_hub_images(root, train=61, test=13)
    return lambda **options: HubImages(str(root), **TINY, **options)


def flowers(root: Path, patch: pytest.MonkeyPatch) -> Make:
    pytest.importorskip("scipy")
    write_flowers(root)
    return lambda **options: Flowers102(root, **TINY, **options)


def pets(root: Path, patch: pytest.MonkeyPatch) -> Make:
    write_pets(root)
    return lambda **options: OxfordIIITPet(root, **TINY, **options)


def cars(root: Path, patch: pytest.MonkeyPatch) -> Make:
    pytest.importorskip("scipy")
    write_cars(root)
    return lambda **options: StanfordCars(root, **TINY, **options)


def tiny_stories(root: Path, patch: pytest.MonkeyPatch) -> Make:
    for part, number in (("train", 90), ("valid", 20)):
        (root / f"TinyStories-{part}.txt").write_text(stories(number), encoding="utf-8")
    fixed = {"tokens": "bytes", "block_size": 32, "token_folder": root / "tokens"}
    return lambda **options: TinyStories(root, **fixed, **options)


def text_files(root: Path, patch: pytest.MonkeyPatch) -> Make:
    (root / "a.txt").write_text(sentences(200), encoding="utf-8")
    fixed = {"block_size": 32, "token_folder": root / "tokens"}
    return lambda **options: TextFiles(root, **fixed, **options)


def python_topics(root: Path, patch: pytest.MonkeyPatch) -> Make:
    return lambda **options: TextFiles(block_size=512, **options)


EACH: list[Callable[[Path, pytest.MonkeyPatch], Make]] = [
    cifar10, cifar100, fashion_mnist, imagenet16, image_folder, cached_image_folder,
    imagenet_of_folders, imagenet_of_the_hub, hub_images, flowers, pets, cars, tiny_stories,
    text_files, python_topics,
]  # fmt: skip


def as_rank(patch: pytest.MonkeyPatch, rank: int, world_size: int) -> None:
    """Makes this process look like one of several."""
    patch.setattr(distributed, "is_initialized", lambda: True)
    patch.setattr(distributed, "get_rank", lambda: rank)
    patch.setattr(distributed, "get_world_size", lambda: world_size)
