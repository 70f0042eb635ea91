"""Checkpoints fire when told, by batches or minutes, and one is always whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from tangle.callbacks import BatchCheckpoint
from tangle.core import atomic
from tangle.modules.checkpoint import SEARCH
from tests.planted import KillAt, Killed, PlantedData, make_search, make_trainer


class Counting(BatchCheckpoint):
    """Notes the batches after which it saved."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.saved: list[tuple[int, int]] = []

    def _save(self, trainer: Trainer) -> None:
        super()._save(trainer)
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


def test_a_failed_save_leaves_the_previous_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OSError("No space left on device")

    make_trainer(tmp_path, 1, [BatchCheckpoint()]).fit(make_search(), PlantedData())
    last = tmp_path / "checkpoints" / "last.ckpt"
    before = last.read_bytes()
    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        make_trainer(tmp_path, 2, [BatchCheckpoint()]).fit(
            make_search(), PlantedData(), ckpt_path=last
        )
    assert last.read_bytes() == before
    assert [path.name for path in last.parent.iterdir()] == ["last.ckpt"]


def test_what_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / ".last.0123.ckpt").write_bytes(b"half")
    (folder / "mine.ckpt").write_bytes(b"whole")
    make_trainer(tmp_path, 1, [BatchCheckpoint()]).fit(make_search(), PlantedData())
    assert sorted(path.name for path in folder.iterdir()) == ["last.ckpt", "mine.ckpt"]


def test_a_trial_run_saves_nothing(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 1, [BatchCheckpoint()], fast_dev_run=True)
    trainer.fit(make_search(), PlantedData())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["every_n_batches", "every_n_minutes"])
def test_bad_intervals_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match=f"{option} is 0: it must be above 0, or null"):
        BatchCheckpoint(**{option: 0})
