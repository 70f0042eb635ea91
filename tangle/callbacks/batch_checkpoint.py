"""Checkpoints that fire when they should, in a search as in ordinary training."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from tangle.core.atomic import replacing
from tangle.modules import SearchModule
from tangle.modules.options import positive_or_none


class BatchCheckpoint(Checkpoint):
    """Keeps `<run>/checkpoints/last.ckpt`: at the start, after each epoch, and if asked within one.

    The file is replaced in one move, so a killed run holds the new checkpoint or the one before.
    Lightning's own callback counts the steps of all optimizers, and with two of them can fire
    twice as often as told, or never.

    Args:
        every_n_batches: Batches of an epoch between checkpoints within it; None for none.
        every_n_minutes: Minutes between checkpoints within an epoch; None for none.

    Raises:
        ValueError: If an interval is not positive.
    """

    def __init__(
        self, every_n_batches: int | None = None, every_n_minutes: float | None = None
    ) -> None:
        self.every_n_batches = positive_or_none("every_n_batches", every_n_batches)
        self.every_n_minutes = positive_or_none("every_n_minutes", every_n_minutes)
        self._is_due = False
        self._saved_at = time.monotonic()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save, so that a run that is killed in its first epoch can go on."""
        self._saved_at = time.monotonic()
        if trainer.is_global_zero:
            for half in _path(trainer).parent.glob(".last.*.ckpt"):  # of a killed process
                half.unlink()
        if trainer.ckpt_path is None:  # else there is one already, and a better one
            self._save(trainer)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save if it is time, as soon as no batch waits for others to make up an update."""
        if self.every_n_batches is not None and (batch_idx + 1) % self.every_n_batches == 0:
            self._is_due = True
        if self.every_n_minutes is not None:
            passed = time.monotonic() - self._saved_at >= 60 * self.every_n_minutes
            self._is_due |= trainer.strategy.broadcast(passed)  # clocks differ between ranks
        if (
            self._is_due
            and not trainer.is_last_batch
            and _is_between(trainer, pl_module, batch_idx)
        ):
            self._save(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save, after the schedules have advanced and the other callbacks are done."""
        self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        self._is_due = False
        if trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        path = _path(trainer)
        # All ranks take part in collecting the state, the first one writes.
        with replacing(path) if trainer.is_global_zero else nullcontext(path) as temporary:
            trainer.save_checkpoint(temporary, weights_only=False)
        self._saved_at = time.monotonic()


def _path(trainer: Trainer) -> Path:
    return Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt"


def _is_between(trainer: Trainer, pl_module: LightningModule, batch_idx: int) -> bool:
    if isinstance(pl_module, SearchModule):
        return pl_module.is_between_updates
    return (batch_idx + 1) % trainer.accumulate_grad_batches == 0
