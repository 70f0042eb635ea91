"""Both learning rates follow their schedules."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, ReduceLROnPlateau

from tangle.algorithms import DARTS, SPOS
from tangle.callbacks import BatchCheckpoint
from tests.planted import KillAt, Killed, PlantedData, make_search, make_trainer, snapshot

halving = partial(LambdaLR, lr_lambda=lambda n: 1 / (1 + n))


def rates(trainer: Any) -> list[float]:
    return [optimizer.param_groups[0]["lr"] for optimizer in trainer.optimizers]


@pytest.mark.parametrize(("interval", "advances"), [("epoch", 2), ("step", 6)])
@pytest.mark.parametrize("both", [True, False])
def test_alphas_follow_a_schedule_of_their_own(interval: str, advances: int, both: bool) -> None:
    module = make_search(
        DARTS,
        weight_optimizer=partial(SGD, lr=1.0),
        arch_optimizer=partial(SGD, lr=3.0),
        scheduler=partial(LambdaLR, lr_lambda=lambda n: 2.0**-n) if both else None,
        arch_scheduler=halving,
        scheduler_interval=interval,
        accumulate=2,
    )
    trainer = make_trainer(epochs=2)
    trainer.fit(module, PlantedData(batches=6))
    assert rates(trainer) == [2.0**-advances if both else 1.0, 3.0 / (1 + advances)]


@pytest.mark.parametrize("interval", ["epoch", "step"])
@pytest.mark.parametrize("kill", [(2, 0), (1, 5)], ids=["between_epochs", "within_an_epoch"])
def test_a_resumed_search_goes_on_in_both_schedules(
    interval: str, kill: tuple[int, int], tmp_path: Path
) -> None:
    def make() -> Any:
        cosine = partial(CosineAnnealingLR, T_max=4 if interval == "epoch" else 24)
        return make_search(
            DARTS, scheduler=cosine, arch_scheduler=cosine, scheduler_interval=interval
        )

    whole, trainer = make(), make_trainer(epochs=4)
    trainer.fit(whole, PlantedData())
    keeper = BatchCheckpoint(every_n_batches=2)
    with pytest.raises(Killed):
        make_trainer(tmp_path, 4, [keeper, KillAt(*kill)]).fit(make(), PlantedData())
    resumed, second = make(), make_trainer(tmp_path, 4, [BatchCheckpoint()])
    second.fit(resumed, PlantedData(), ckpt_path=tmp_path / "checkpoints" / "last.ckpt")
    torch.testing.assert_close(snapshot(resumed), snapshot(whole), rtol=0, atol=0)
    assert rates(second) == rates(trainer)


def test_a_schedule_that_goes_on_while_alphas_rest_is_no_warning() -> None:
    module = make_search(DARTS, arch_scheduler=halving, arch_warmup=0.5)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Detected call of")
        make_trainer(epochs=2).fit(module, PlantedData())


def test_a_schedule_of_no_alphas_is_refused_at_construction() -> None:
    with pytest.raises(ValueError, match=r"arch_scheduler is given, but the algorithm SPOS has no"):
        make_search(SPOS, arch_scheduler=halving)


def test_a_schedule_that_waits_for_a_metric_is_refused_by_its_name() -> None:
    module = make_search(DARTS, arch_scheduler=ReduceLROnPlateau)
    with pytest.raises(ValueError, match="arch_scheduler is ReduceLROnPlateau"):
        make_trainer().fit(module, PlantedData())
