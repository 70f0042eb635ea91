"""What data cost: images per second, the wait of a step, the first step of an epoch, an index.

Images are random pixels, in memory or as JPEGs of 32 pixels in a temporary folder. Figures are of
one process and one thread unless they say otherwise; the step has two.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from torch import nn
from torchvision.transforms import v2

from perf.bench_steps import Bench, conv_macro
from tangle.data import (
    CIFAR10,
    BilevelDataModule,
    Cutout,
    ImageFolder,
    PerImage,
    RandomCrop,
    RandomFlip,
    Sources,
)
from tangle.data.cached_sources import LabelledImages, cached_sources
from tangle.data.sampler import Draw

BATCH = 64
NUM_FILES = 60_000
BARS = {
    "cached, crop and flip [images/s]": ">= 15000",
    "data wait / toy conv-macro step [%]": "<= 5",
    "index of 60,000 JPEGs [s]": "<= 5",
}
RESULTS: dict[str, float] = {}
STANDARD: list[nn.Module] = [RandomCrop(4), RandomFlip()]


class RandomPixels(BilevelDataModule):
    """As many random images as CIFAR-10 has, in memory, with its augmentation."""

    def __init__(self, num_workers: int = 0, num_train: int = 50_000) -> None:
        super().__init__(batch_size=BATCH, num_workers=num_workers)
        self.num_train = num_train

    def load(self) -> Sources:
        return sources(STANDARD, [], self.num_train)


def sources(
    augment: list[nn.Module], augment_normalized: list[nn.Module], number: int = 50_000
) -> Sources:
    pixels = torch.randint(0, 256, (number, 3, 32, 32), dtype=torch.uint8)
    held = LabelledImages(pixels, torch.arange(number) % 10)
    return cached_sources(
        held, held, image_size=32, augment=augment, augment_normalized=augment_normalized,
        mean=CIFAR10.mean, std=CIFAR10.std,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "augment", "augment_normalized", "rounds"),
    [
        ("cached, crop and flip", STANDARD, [], 300),
        ("cached, crop, flip and cutout", STANDARD, [Cutout(16)], 300),
        ("cached, crop, flip, cutout and RandAugment",
         [*STANDARD, PerImage(v2.RandAugment())], [Cutout(16)], 40),
    ],
)  # fmt: skip
def test_cached_images(
    name: str, augment: list[nn.Module], augment_normalized: list[nn.Module], rounds: int
) -> None:
    data = sources(augment, augment_normalized).train
    order = torch.randperm(len(data))[: rounds * BATCH].view(rounds, BATCH).tolist()
    data[Draw(order[0], 0)]
    start = time.perf_counter()
    for number, indices in enumerate(order):
        data[Draw(indices, number)]
    RESULTS[f"{name} [images/s]"] = rounds * BATCH / (time.perf_counter() - start)


def test_wait_of_a_step() -> None:
    torch.set_num_threads(2)
    bench, waits, totals = Bench(conv_macro), 0.0, 0.0
    batches = iter(RandomPixels().train_dataloader())
    start = time.perf_counter()
    for number in range(23):
        batch, _, _ = next(batches)
        waited = time.perf_counter() - start
        for part, step in (("weights", bench.weight), ("arch", bench.alpha)):
            bench.x, bench.y = batch[part]
            step()
        end = time.perf_counter()
        if number >= 3:  # the first ones warm up
            waits, totals = waits + waited, totals + end - start
        start = end
    torch.set_num_threads(1)
    RESULTS["data wait / toy conv-macro step [%]"] = 100 * waits / totals


def first_batch_seconds(module: BilevelDataModule, *, anew: bool) -> list[float]:
    """How long the first batch of each of four epochs takes to come."""
    loader = module.train_dataloader()
    seconds = []
    for epoch in range(4):
        if anew:
            module.teardown("fit")
            loader = module.train_dataloader()
        for part in loader.iterables.values():
            part.sampler.set_epoch(epoch)
        start = time.perf_counter()
        batches = iter(loader)
        next(batches)
        seconds.append(time.perf_counter() - start)
        for _ in batches:
            pass
    module.teardown("fit")
    return seconds


@pytest.mark.parametrize(("name", "anew"), [("workers kept", False), ("workers anew", True)])
def test_first_batch_of_an_epoch(name: str, anew: bool) -> None:
    first, *later = first_batch_seconds(RandomPixels(num_workers=2, num_train=4_000), anew=anew)
    RESULTS[f"first batch of epoch 1, {name} [ms]"] = 1e3 * first
    RESULTS[f"first batch of epochs 2-4, {name} [ms]"] = 1e3 * sum(later) / len(later)


def test_images_from_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    contents = []
    for number in range(50):
        picture = Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8))
        picture.save(tmp_path / f"{number}.jpg", quality=75)
        contents.append((tmp_path / f"{number}.jpg").read_bytes())
    for part, number in (("train", 5 * NUM_FILES // 6), ("test", NUM_FILES // 6)):
        for name in range(10):
            (tmp_path / part / f"class{name}").mkdir(parents=True)
        for place in range(number):
            path = tmp_path / part / f"class{place % 10}" / f"{place:05}.jpg"
            path.write_bytes(contents[place % 50])
    for workers in (0, 2):
        module = ImageFolder(tmp_path, image_size=32, augment=STANDARD, num_workers=workers,
                             arch_fraction=0.0)  # fmt: skip
        RESULTS.setdefault("index of 60,000 JPEGs [s]", timed(module.setup, "fit"))
        batches = iter(module.train_dataloader())
        next(batches)
        seconds = timed(lambda: [next(batches) for _ in range(200)])  # noqa: B023
        RESULTS[f"JPEGs of 32 pixels, {workers} workers [images/s]"] = 200 * BATCH / seconds
        module.teardown("fit")


def timed(action: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    table = Table(title="Data, one run")
    for column in ("quantity", "figure", "bar"):
        table.add_column(column)
    for name, value in RESULTS.items():
        table.add_row(
            escape(name), f"{value:,.3g}" if value < 100 else f"{value:,.0f}", BARS.get(name, "")
        )
    Console(width=110).print(table)
    folder = Path("runs") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    content = [{"quantity": name, "figure": value, "bar": BARS.get(name)}
               for name, value in RESULTS.items()]  # fmt: skip
    (folder / "data.json").write_text(json.dumps(content, indent=2))
