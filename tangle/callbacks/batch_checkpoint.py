"""Checkpoints that fire when they should, in a search as in ordinary training."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from tangle.callbacks.agreement import Agreement
from tangle.callbacks.departure import Departure
from tangle.core.atomic import also_named, replacing
from tangle.modules import SearchModule
from tangle.modules.evaluated import Evaluated
from tangle.modules.options import positive_or_none


class BatchCheckpoint(Checkpoint):
    """Keeps `<run>/checkpoints/last.ckpt`: at the start, after each epoch, and if asked within one.

    The file is replaced in one move, so a killed run holds the new checkpoint or the one before.
    That one stays beside it as `previous.ckpt`, for a disk that damages files; `best.ckpt` is that
    of the epoch whose best architecture, or whose network, did best in validation.

    A run that is asked to leave, by SIGTERM or by SLURM before the time limit, saves first: after
    the update that it is at, or with several ranks the one after, and in the last batch of an epoch
    after the epoch's end. SLURM is then asked to queue it again, if it is set to.

    Lightning's own callback counts the steps of all optimizers, and with two of them can fire
    twice as often as told, or never.

    Args:
        every_n_batches: Batches of an epoch between checkpoints within it; None for none.
        every_n_minutes: Minutes between checkpoints within an epoch; None for none.
        keeps_best: Whether to keep the best one too.

    Raises:
        ValueError: If an interval is not positive.
    """

    def __init__(
        self,
        every_n_batches: int | None = None,
        every_n_minutes: float | None = None,
        keeps_best: bool = True,
    ) -> None:
        self.every_n_batches = positive_or_none("every_n_batches", every_n_batches)
        self.every_n_minutes = positive_or_none("every_n_minutes", every_n_minutes)
        self.keeps_best = keeps_best
        self._best: float | None = None
        self._departure = Departure()
        self._agreement = Agreement()
        self._is_due = False
        self._saved_at = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """Return the score of the best checkpoint."""
        return {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the score of the best checkpoint."""
        self._best = state_dict["best"]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save, so that a run that is killed in its first epoch can go on."""
        self._saved_at = time.monotonic()
        self._departure.watch(trainer)
        self._agreement.open(trainer)
        if trainer.is_global_zero:
            for half in _path(trainer).parent.glob(".*.ckpt"):  # of a killed process
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
        if trainer.is_last_batch or not _is_between(trainer, pl_module, batch_idx):
            return
        # Neither signals nor clocks are the same on all ranks.
        leaves, is_late = self._agreement.lately([self._departure.is_asked_for, self._is_late()])
        self._is_due |= is_late
        if self._is_due or leaves:
            self._save(trainer)
        if leaves:
            self._departure.leave(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save, after the schedules have advanced and the other callbacks are done."""
        score = _score(trainer, pl_module) if self.keeps_best else None
        is_best = score is not None and (self._best is None or score > self._best)
        if is_best:
            self._best = score
        self._save(trainer, is_best=is_best)
        if self._agreement.now(self._departure.is_asked_for):
            self._departure.leave(trainer)

    def _is_late(self) -> bool:
        if self.every_n_minutes is None:
            return False
        return time.monotonic() - self._saved_at >= 60 * self.every_n_minutes

    def _save(self, trainer: Trainer, *, is_best: bool = False) -> None:
        self._is_due = False
        if trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        path = _path(trainer)
        # All ranks take part in collecting the state, the first one writes.
        with replacing(path) if trainer.is_global_zero else nullcontext(path) as temporary:
            trainer.save_checkpoint(temporary, weights_only=False)
            if trainer.is_global_zero and path.exists():
                also_named(path, path.with_stem("previous"))
            if trainer.is_global_zero and is_best:
                also_named(temporary, path.with_stem("best"))
        self._saved_at = time.monotonic()


def _path(trainer: Trainer) -> Path:
    return Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt"


def _score(trainer: Trainer, module: LightningModule) -> float | None:
    """Return the score in validation, larger being better; None if there is none."""
    if not isinstance(module, Evaluated):
        return None
    place = "val/best" if isinstance(module, SearchModule) else "val"
    found = trainer.callback_metrics.get(f"{place}/{module.task.monitor}")
    if found is None:
        return None
    return float(found) if module.task.larger_is_better else -float(found)


def _is_between(trainer: Trainer, pl_module: LightningModule, batch_idx: int) -> bool:
    if isinstance(pl_module, SearchModule):
        return pl_module.is_between_updates
    return (batch_idx + 1) % trainer.accumulate_grad_batches == 0
