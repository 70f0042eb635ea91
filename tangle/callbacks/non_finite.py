"""A search that stops before it saves numbers that are none."""

from __future__ import annotations

from itertools import chain
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from tangle.modules.options import at_least


class StopOnNonFinite(Callback):
    """Stops a fit whose weights, alphas or running statistics are not finite any more.

    A loss that is not a number makes the weights so at the next update, and they stay so; looking
    at them now and then, and before each checkpoint, is enough and keeps the device busy. The last
    checkpoint is thus always a good one. (Mixed precision leaves out updates whose gradients
    overflow; those stop nothing.) A buffer that is not finite from the start, such as a mask of
    attention, is meant to be so.

    Args:
        every_n_batches: Batches between looks.

    Raises:
        ValueError: If the interval is not positive.
    """

    def __init__(self, every_n_batches: int = 50) -> None:
        self.every_n_batches = at_least(1, "every_n_batches", every_n_batches)
        self._meant: frozenset[str] = frozenset()

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note which buffers are not finite by intent."""
        self._meant = frozenset(
            name
            for name, value in pl_module.named_buffers()
            if value.is_floating_point() and not _are_finite([value])
        )

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Look, if it is time."""
        if (batch_idx + 1) % self.every_n_batches == 0:
            self._check(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look before anything is made of the epoch's result."""
        self._check(trainer, pl_module)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Look before the state is written."""
        self._check(trainer, pl_module)

    def _check(self, trainer: Trainer, module: LightningModule) -> None:
        """Look at all numbers that last.

        Raises:
            FloatingPointError: If one is not finite.
        """
        named = dict(chain(module.named_parameters(), module.named_buffers()))
        numbers = {
            name: value
            for name, value in named.items()
            if value.is_floating_point() and name not in self._meant
        }
        if not numbers or _are_finite(list(numbers.values())):
            return
        first = next(name for name, value in numbers.items() if not _are_finite([value]))
        raise FloatingPointError(
            f"{first} is not finite any more, in epoch {trainer.current_epoch}. The last "
            "checkpoint is from before that: go on from it by --resume with a smaller learning "
            "rate, a limit of the gradient (weight_clip, clip_norm) or --trainer.precision "
            "32-true, and look for inputs that are not finite"
        )


def _are_finite(tensors: list[Tensor]) -> bool:
    """Return whether all entries are finite, at the cost of one wait for the device."""
    return bool(torch.nn.utils.get_total_norm(tensors, float("inf")).isfinite())
