"""What holds for every data module: on two ranks, and when an epoch is gone on with in its middle.

A recorder around the samples notes which ones make up each batch; the batches are really made.
"""

from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tangle.data import BatchDataset, BilevelDataModule
from tangle.data.sampler import Draw
from tests.data.each_module import (
    EACH,
    Make,
    as_rank,
    cifar10,
    hub_images,
    image_folder,
    tiny_stories,
)

pytestmark = pytest.mark.usefixtures("hub_cache")
PARTS = ("weights", "arch", "val", "test")


@dataclass
class Recorder:
    """Samples that note which of them are drawn."""

    samples: BatchDataset
    seen: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, draw: Draw) -> Any:
        batch = self.samples[draw]
        assert len(batch[0]) == len(batch[1]) == len(draw.indices)
        self.seen += draw.indices
        return batch


@pytest.fixture(params=EACH, ids=lambda module: module.__name__)
def make(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    (tmp_path / "set").mkdir()
    made = request.param(tmp_path / "set", monkeypatch)
    return lambda **options: made(batch_size=5, arch_fraction=0.4, val_fraction=0.2, **options)


def prepared(make: Make) -> BilevelDataModule:
    module = make()
    module.prepare_data()
    module.setup("fit")
    return module


def seen_by(module: BilevelDataModule, epoch: int) -> dict[str, list[int]]:
    """The samples of each part in an epoch, in order."""
    loaders = dict(module.train_dataloader().iterables)
    loaders |= {"val": module.val_dataloader(), "test": module.test_dataloader()}
    seen = {}
    for part, loader in loaders.items():
        loader.samples = Recorder(loader.samples)
        loader.sampler.set_epoch(epoch)
        assert len(list(loader)) == len(loader)
        seen[part] = loader.samples.seen
    return seen


def test_two_ranks_agree_on_the_split_and_see_every_sample_once(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits, ranks = [], []
    for rank in (0, 1):
        as_rank(monkeypatch, rank, 2)
        module = prepared(make)
        splits.append(module.split)
        ranks.append([seen_by(module, epoch) for epoch in (0, 1)])
    split = splits[0]
    assert all(torch.equal(part, getattr(splits[1], name)) for name, part in vars(split).items())
    assert (
        torch.cat([*vars(split).values()])
        .sort()
        .values.equal(torch.arange(len(module.sources.train)))
    )
    once = {"weights": split.weights, "val": split.val,
            "test": torch.arange(len(module.sources.test))}  # fmt: skip
    for epoch in (0, 1):
        both = {part: sorted(chain(*(rank[epoch][part] for rank in ranks))) for part in PARTS}
        for part, expected in once.items():
            assert both[part] == expected.sort().values.tolist()
        assert set(both["arch"]) <= set(split.arch.tolist())
    stream = torch.tensor([i for rank in ranks for epoch in rank for i in epoch["arch"]])
    counts = stream.bincount(minlength=len(module.sources.train))[split.arch]
    assert counts.max() - counts.min() <= 1


def test_parts_of_labelled_images_hold_all_classes_alike(make: Make) -> None:
    module = prepared(make)
    labels = module.sources.labels
    if labels is None:
        assert module.sources.stretch > 1  # texts are divided by stretches
        return
    fair = labels.bincount(minlength=module.num_classes) / len(labels)
    for part in vars(module.split).values():
        counts = labels[part].bincount(minlength=module.num_classes)
        assert (counts - fair * len(part)).abs().max() < 2


def test_an_epoch_that_is_gone_on_with_in_its_middle_is_the_same(make: Make) -> None:
    check_resumed(make, num_workers=0)


@pytest.mark.parametrize("make", [cifar10, hub_images, image_folder, tiny_stories], indirect=True)
def test_it_is_the_same_with_workers(make: Make) -> None:
    check_resumed(make, num_workers=2)


def check_resumed(make: Make, num_workers: int) -> None:
    whole = batches(prepared(make), 1)
    resumed = prepared(lambda: make(num_workers=num_workers))
    rest = batches(resumed, 1, start=2)
    resumed.teardown("fit")
    assert len(rest) == len(whole) - 2
    for ours, theirs in zip(rest, whole[2:], strict=True):
        for one, other in zip(flat(ours), flat(theirs), strict=True):
            assert torch.equal(one, other)


def batches(module: BilevelDataModule, epoch: int, start: int = 0) -> list[Any]:
    loader = module.train_dataloader()
    for part in loader.flattened:
        part.sampler.set_epoch(epoch)
        part.load_state_dict({"epoch": epoch, "batch": start})
    return [batch for batch, _, _ in loader]


def flat(batch: dict[str, tuple[Tensor, Tensor]]) -> list[Tensor]:
    return [tensor for part in ("weights", "arch") for tensor in batch[part]]
