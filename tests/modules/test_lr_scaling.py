"""The learning rate follows the batch of an update, once, and before a schedule is made of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR

from tangle.callbacks import BatchCheckpoint
from tangle.modules import LRScaling
from tests.planted import PlantedData, make_search, make_trainer


@pytest.mark.parametrize(("rule", "factor"), [("linear", 4.0), ("sqrt", 2.0), ("none", 1.0)])
def test_rules(rule: Any, factor: float) -> None:
    assert LRScaling(64, rule).factor(256) == factor


def test_ranks_and_accumulated_batches_count() -> None:
    optimizer = SGD([{"params": [torch.ones(1)]}, {"params": [torch.ones(1)], "lr": 0.5}], lr=0.1)
    trainer: Any = SimpleNamespace(datamodule=PlantedData(batch_size=16), world_size=2)
    LRScaling(reference_batch=16).apply(optimizer, trainer, accumulate=3)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.6, 3.0])


def _search(accumulate: int = 2) -> Any:
    return make_search(
        weight_optimizer=partial(SGD, lr=0.1), scheduler=partial(StepLR, step_size=1, gamma=0.5),
        arch_optimizer=partial(SGD, lr=0.01), accumulate=accumulate,
        lr_scaling=LRScaling(reference_batch=16),
    )  # fmt: skip


def test_a_search_scales_the_rate_of_weights_alone_and_its_schedule_with_it(
    tmp_path: Path,
) -> None:
    trainer = make_trainer(tmp_path, 1)
    trainer.fit(_search(), PlantedData(batch_size=16))
    weights, alphas = (optimizer.param_groups[0] for optimizer in trainer.optimizers)
    assert weights["initial_lr"] == pytest.approx(0.2)
    assert weights["lr"] == pytest.approx(0.1)  # after an epoch of the schedule
    assert alphas["lr"] == 0.01


@pytest.mark.parametrize("accumulate", [2, 1])
def test_a_resumed_search_keeps_its_rate_whatever_an_update_is_now(
    accumulate: int, tmp_path: Path
) -> None:
    make_trainer(tmp_path, 1, [BatchCheckpoint()]).fit(_search(), PlantedData(batch_size=16))
    trainer = make_trainer(tmp_path, 2)
    search, checkpoint = _search(accumulate), tmp_path / "checkpoints" / "last.ckpt"
    trainer.fit(search, PlantedData(batch_size=16), ckpt_path=checkpoint)
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.05)


def test_data_that_do_not_tell_their_batch_size_are_refused() -> None:
    trainer: Any = SimpleNamespace(datamodule=None, world_size=1)
    with pytest.raises(ValueError, match="or set lr_scaling to null"):
        LRScaling(16).apply(SGD([torch.ones(1)], lr=0.1), trainer, 1)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="reference_batch is 0: it must be at least 1"):
        LRScaling(0)
    with pytest.raises(ValueError, match="rule is 'cubic': use linear, sqrt or none"):
        LRScaling(1, "cubic")  # type: ignore[arg-type]
