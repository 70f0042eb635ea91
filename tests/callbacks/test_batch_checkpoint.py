"""Checkpoints fire when told, by batches or minutes, and one is always whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from tangle.callbacks import BatchCheckpoint
from tangle.core import atomic
from tangle.modules.checkpoint import SEARCH
from tests.planted import KillAt, Killed, PlantedData, make_search, make_trainer, snapshot


class Counting(BatchCheckpoint):
    """Notes the batches after which it saved."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.saved: list[tuple[int, int]] = []

    def _save(self, trainer: Trainer, *, is_best: bool = False) -> None:
        super()._save(trainer, is_best=is_best)
        self.saved.append((trainer.current_epoch, trainer.fit_loop.batch_idx))


def _run(
    keeper: Counting, folder: Path, batches: int, epochs: int, options: dict[str, Any]
) -> list[tuple[int, int]]:
    trainer = make_trainer(folder, epochs, [keeper])
    trainer.fit(make_search(**options), PlantedData(batches=batches))
    return keeper.saved


def test_it_saves_at_the_start_and_after_each_epoch(tmp_path: Path) -> None:
    assert _run(Counting(), tmp_path, 4, 2, {}) == [(0, -1), (0, 3), (1, 3)]


def test_it_saves_every_so_many_batches(tmp_path: Path) -> None:
    saved = _run(Counting(every_n_batches=3), tmp_path, 8, 2, {})
    assert saved == [(0, -1), (0, 2), (0, 5), (0, 7), (1, 2), (1, 5), (1, 7)]


def test_it_waits_for_the_update_to_be_complete(tmp_path: Path) -> None:
    saved = _run(Counting(every_n_batches=3), tmp_path, 8, 1, {"accumulate": 4})
    assert saved == [(0, -1), (0, 3), (0, 7)]


def test_it_saves_by_the_clock(tmp_path: Path) -> None:
    saved = _run(Counting(every_n_minutes=1e-9), tmp_path, 4, 1, {})
    assert saved == [(0, -1), (0, 0), (0, 1), (0, 2), (0, 3)]
    assert _run(Counting(every_n_minutes=60), tmp_path, 4, 1, {}) == [(0, -1), (0, 3)]


def test_lightnings_own_callback_counts_the_steps_of_both_optimizers(tmp_path: Path) -> None:
    # The reason for ours. When this fails, theirs may be worth using again.
    theirs = ModelCheckpoint(tmp_path, every_n_train_steps=4, save_top_k=-1)
    trainer = make_trainer(tmp_path, 1, [theirs])
    trainer.fit(make_search(), PlantedData(batches=8))
    assert len(list(tmp_path.glob("*.ckpt"))) == 4  # every second batch, instead of every fourth


def test_a_kill_in_the_first_epoch_leaves_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        make_trainer(tmp_path, 1, [BatchCheckpoint(), KillAt(0, 2)]).fit(
            make_search(), PlantedData()
        )
    content = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert content[SEARCH]["step"] == 0


def _fail_when_full(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Let the disk be full from some moment of writing a file on."""

    def fail(*args: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    places = {"opening": (Path, "touch"), "writing": (Trainer, "save_checkpoint"),
              "flushing": (atomic.os, "fsync"), "renaming": (Path, "replace")}  # fmt: skip
    monkeypatch.setattr(*places[moment], fail)


@pytest.mark.parametrize("moment", ["opening", "writing", "flushing", "renaming"])
def test_a_full_disk_leaves_the_checkpoints_that_are_and_says_so(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trainer(tmp_path, 2, [BatchCheckpoint()]).fit(make_search(), PlantedData())
    folder = tmp_path / "checkpoints"
    before = (folder / "last.ckpt").read_bytes()
    with monkeypatch.context() as patch:
        _fail_when_full(patch, moment)
        with pytest.raises(OSError, match=r"last\.ckpt could not be written \(No space.*whole"):
            make_trainer(tmp_path, 3, [BatchCheckpoint()]).fit(
                make_search(), PlantedData(), ckpt_path=folder / "last.ckpt"
            )
    assert (folder / "last.ckpt").read_bytes() == before
    names = {path.name for path in folder.iterdir()}
    assert names == {"last.ckpt", "previous.ckpt", "best.ckpt"}
    resumed, whole = make_search(), make_search()
    make_trainer(tmp_path, 3, [BatchCheckpoint()]).fit(
        resumed, PlantedData(), ckpt_path=folder / "last.ckpt"
    )
    make_trainer(tmp_path / "whole", 3).fit(whole, PlantedData())
    torch.testing.assert_close(snapshot(resumed), snapshot(whole), rtol=0, atol=0)


def test_the_one_before_the_last_is_kept(tmp_path: Path) -> None:
    make_trainer(tmp_path, 3, [BatchCheckpoint()]).fit(make_search(), PlantedData())
    steps = {
        name: torch.load(tmp_path / "checkpoints" / f"{name}.ckpt", weights_only=True)[SEARCH]
        for name in ("last", "previous")
    }
    assert (steps["last"]["step"], steps["previous"]["step"]) == (18, 12)


class Scores(Callback):
    """Gives each epoch its validation score."""

    def __init__(self, scores: list[float]) -> None:
        self.scores = scores

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.callback_metrics["val/best/accuracy"] = self.scores[trainer.current_epoch]


def test_the_best_one_is_kept_over_a_resumed_run(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"

    def fit(epochs: int, scores: list[float], **options: Any) -> int:
        callbacks = [Scores(scores), BatchCheckpoint(**options)]
        last = folder / "last.ckpt"
        make_trainer(tmp_path, epochs, callbacks).fit(
            make_search(), PlantedData(), ckpt_path=last if last.exists() else None
        )
        return torch.load(folder / "best.ckpt", weights_only=True)[SEARCH]["step"]  # type: ignore[no-any-return]

    assert fit(2, [0.7, 0.6]) == 6
    assert fit(3, [0.0, 0.0, 0.65]) == 6
    assert fit(4, [0.0, 0.0, 0.0, 0.8]) == 24


def test_the_best_one_can_be_left_out(tmp_path: Path) -> None:
    make_trainer(tmp_path, 1, [BatchCheckpoint(keeps_best=False)]).fit(make_search(), PlantedData())
    assert not (tmp_path / "checkpoints" / "best.ckpt").exists()


def test_what_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / ".last.0123.ckpt").write_bytes(b"half")
    (folder / "mine.ckpt").write_bytes(b"whole")
    make_trainer(tmp_path, 1, [BatchCheckpoint()]).fit(make_search(), PlantedData())
    names = {path.name for path in folder.iterdir()}
    assert names == {"last.ckpt", "previous.ckpt", "best.ckpt", "mine.ckpt"}


def test_a_trial_run_saves_nothing(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 1, [BatchCheckpoint()], fast_dev_run=True)
    trainer.fit(make_search(), PlantedData())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["every_n_batches", "every_n_minutes"])
def test_bad_intervals_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match=f"{option} is 0: it must be above 0, or null"):
        BatchCheckpoint(**{option: 0})
