import copy
import math
import multiprocessing
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import pytest
import torch
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor, distributed

from tangle.data import BilevelDataModule

Make = Callable[..., BilevelDataModule]


def train_epoch(loader: CombinedLoader, number: int) -> list[dict[str, Any]]:
    for part in loader.flattened:
        part.sampler.set_epoch(number)
    return [batch for batch, _, _ in loader]


def samples(batches: Iterable[Any]) -> list[int]:
    return [index for numbers, _ in batches for index in numbers.tolist()]


def of(batches: list[dict[str, Any]], role: str) -> list[int]:
    return samples(batch[role] for batch in batches)


def everything(module: BilevelDataModule) -> list[Any]:
    """Two epochs of training and one of validation, numbers and seeds of draws."""
    loader = module.train_dataloader()
    batches = [batch for number in (0, 1) for batch in train_epoch(loader, number)]
    return [
        [(numbers.tolist(), seed) for numbers, seed in part]
        for part in (
            [batch["weights"] for batch in batches],
            [batch["arch"] for batch in batches],
            module.val_dataloader(),
        )
    ]


def test_an_epoch_is_one_pass_over_the_weight_part(make_module: Make) -> None:
    module = make_module()
    batches = train_epoch(module.train_dataloader(), 0)
    assert sorted(of(batches, "weights")) == module.split.weights.sort().values.tolist()
    sizes = {len(batch["weights"][0]) for batch in batches}
    assert sizes <= {7, 8}
    assert len(batches) == math.ceil(len(module.split.weights) / 8)


def test_a_finished_epoch_leaves_both_loaders_at_its_end(make_module: Make) -> None:
    loader = make_module().train_dataloader()
    batches = train_epoch(loader, 3)
    end = {"epoch": 3, "batch": len(batches)}
    assert [part.state_dict() for part in loader.flattened] == [end, end]


def test_the_roles_see_disjoint_samples(make_module: Make) -> None:
    module = make_module()
    loader = module.train_dataloader()
    batches = [batch for number in range(4) for batch in train_epoch(loader, number)]
    seen = {
        "weights": set(of(batches, "weights")),
        "arch": set(of(batches, "arch")),
        "val": set(samples(module.val_dataloader())),
    }
    assert {name: len(part) for name, part in seen.items()} == {
        name: len(part) for name, part in vars(module.split).items()
    }
    assert len(set.union(*seen.values())) == sum(map(len, seen.values())) == 103


@pytest.mark.parametrize("arch_fraction", [0.2, 0.5, 0.7])
def test_the_architecture_part_is_used_evenly_over_epochs(
    make_module: Make, arch_fraction: float
) -> None:
    module = make_module(arch_fraction=arch_fraction)
    loader = module.train_dataloader()
    batches = [batch for number in range(5) for batch in train_epoch(loader, number)]
    counts = torch.tensor(of(batches, "arch")).bincount(minlength=103)[module.split.arch]
    assert counts.max() - counts.min() <= 1
    assert {len(batch["arch"][0]) for batch in batches} == {8}


def test_runs_of_one_seed_are_equal_and_of_another_differ(make_module: Make) -> None:
    assert everything(make_module(seed=3)) == everything(make_module(seed=3))
    for one, other in zip(
        everything(make_module(seed=3)), everything(make_module(seed=4)), strict=True
    ):
        assert one != other


def test_epochs_differ_in_order(make_module: Make) -> None:
    loader = make_module().train_dataloader()
    first, second = train_epoch(loader, 0), train_epoch(loader, 1)
    assert of(first, "weights") != of(second, "weights")
    assert of(first, "arch") != of(second, "arch")


def test_without_architecture_part_all_samples_train_the_weights(make_module: Make) -> None:
    module = make_module(arch_fraction=0, val_fraction=0)
    batches = train_epoch(module.train_dataloader(), 0)
    assert all(batch.keys() == {"weights"} for batch in batches)
    assert sorted(of(batches, "weights")) == list(range(103))
    assert module.val_dataloader() == []


def test_validation_and_test_see_each_of_their_samples_once(make_module: Make) -> None:
    module = make_module()
    assert sorted(samples(module.val_dataloader())) == module.split.val.sort().values.tolist()
    assert samples(module.test_dataloader()) == list(range(21))
    assert samples(module.predict_dataloader()) == list(range(21))


def test_drop_last_makes_whole_batches_only(make_module: Make) -> None:
    module = make_module(drop_last=True)
    loader = module.train_dataloader()
    epochs = [train_epoch(loader, number) for number in range(2)]
    assert {len(batch["weights"][0]) for batches in epochs for batch in batches} == {8}
    assert {len(batches) for batches in epochs} == {len(module.split.weights) // 8}
    assert set(of(epochs[0], "weights")) != set(of(epochs[1], "weights"))


@pytest.fixture
def as_rank(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Makes this process look like one of several."""

    def pretend(rank: int, world_size: int) -> None:
        monkeypatch.setattr(distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(distributed, "get_rank", lambda: rank)
        monkeypatch.setattr(distributed, "get_world_size", lambda: world_size)

    return pretend


@pytest.mark.parametrize("world_size", [2, 3])
def test_ranks_agree_on_the_split_and_see_every_sample_once(
    make_module: Make, as_rank: Callable[[int, int], None], world_size: int
) -> None:
    seen: dict[str, list[list[int]]] = {"weights": [], "arch": [], "val": [], "test": []}
    num_batches, splits = [], []
    for rank in range(world_size):
        as_rank(rank, world_size)
        module = make_module(batch_size=4)
        batches = train_epoch(module.train_dataloader(), 2)
        val, test = list(module.val_dataloader()), list(module.test_dataloader())
        seen["weights"].append(of(batches, "weights"))
        seen["arch"].append(of(batches, "arch"))
        seen["val"].append(samples(val))
        seen["test"].append(samples(test))
        num_batches.append((len(batches), len(val), len(test)))
        splits.append(module.split)
    assert len(set(num_batches)) == 1
    for part in ("weights", "arch", "val"):
        assert all(torch.equal(getattr(split, part), getattr(splits[0], part)) for split in splits)
    once = {"weights": splits[0].weights, "val": splits[0].val, "test": torch.arange(21)}
    for part, expected in once.items():
        assert sorted(chain(*seen[part])) == expected.sort().values.tolist()
    counts = torch.tensor(list(chain(*seen["arch"]))).bincount(minlength=103)[splits[0].arch]
    assert counts.sum() == num_batches[0][0] * 4 * world_size
    assert counts.max() - counts.min() <= 2  # a stretch of three shuffled passes at most


def test_a_large_batch_of_all_ranks_is_what_a_part_must_fill(
    make_module: Make, as_rank: Callable[[int, int], None]
) -> None:
    make_module(batch_size=32)
    as_rank(0, 2)
    with pytest.raises(ValueError, match=r"needs at least 64 \(batch_size 32, 2 ranks\)"):
        make_module(batch_size=32)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 200}, "the weights part holds 47 samples and needs at least 200"),
        ({"arch_fraction": 0.05}, "the arch part holds 5 samples and needs at least 8"),
        ({"arch_fraction": 0.99}, "the weights part holds 1 samples and needs at least 8"),
        ({"val_fraction": 0.001}, "the val part holds 0 samples and needs at least 1"),
    ],
)
def test_a_part_that_is_too_small_is_refused_with_all_sizes(
    make_module: Make, settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as error:
        make_module(**settings)
    for fact in ("'weights': ", "'arch': ", "'val': ", "arch_fraction", "lower batch_size"):
        assert fact in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"arch_fraction": 1.0}, r"arch_fraction is 1.0; it must lie in \[0, 1\)"),
        ({"arch_fraction": -0.1}, r"arch_fraction is -0.1; it must lie in \[0, 1\)"),
        ({"val_fraction": 1.5}, r"val_fraction is 1.5; it must lie in \[0, 1\)"),
        ({"val_fraction": math.nan}, r"val_fraction is nan; it must lie in \[0, 1\)"),
        ({"batch_size": 0}, "batch_size is 0; it must be at least 1"),
        ({"num_workers": -1}, "num_workers is -1; it must be at least 0"),
        ({"seed": -3}, "seed is -3; it must be at least 0"),
    ],
)
def test_a_senseless_setting_is_refused(
    make_module: Make, settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_module(**settings)


def test_teardown_stops_all_workers(make_module: Make) -> None:
    before = set(multiprocessing.active_children())
    module = make_module(num_workers=1)
    train_epoch(module.train_dataloader(), 0)
    list(module.val_dataloader())
    assert len(set(multiprocessing.active_children()) - before) == 3
    module.teardown("fit")
    assert set(multiprocessing.active_children()) <= before


def test_a_module_can_be_copied(make_module: Make) -> None:
    module = make_module()
    module.train_dataloader()
    copied = copy.deepcopy(module)
    assert everything(copied) == everything(module)


def test_a_data_set_must_say_how_it_is_loaded() -> None:
    with pytest.raises(TypeError, match=r"abstract method '?load"):
        BilevelDataModule()


def test_labels_may_be_absent(make_module: Make) -> None:
    module = make_module()
    unlabelled = copy.deepcopy(module)
    del unlabelled.split
    object.__setattr__(unlabelled.sources, "labels", None)
    sizes = [[len(part) for part in vars(m.split).values()] for m in (module, unlabelled)]
    assert sizes[0] == sizes[1]
    assert isinstance(unlabelled.split.val, Tensor)


def test_repeated_augmentation_shows_a_third_of_the_weight_part_thrice(
    make_module: Make,
) -> None:
    module = make_module(repeats=3, batch_size=9)
    loader = module.train_dataloader().iterables["weights"]
    seen = torch.cat([numbers for numbers, _ in loader])
    assert len(seen) == len(module.split.weights)
    counts = seen.bincount()
    assert counts.max() == 3
    assert set(seen.tolist()) <= set(module.split.weights.tolist())
    with pytest.raises(ValueError, match="repeats is 0; it must be at least 1"):
        make_module(repeats=0)
