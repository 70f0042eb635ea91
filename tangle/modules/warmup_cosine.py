"""The schedule of most recipes: a linear rise, then half a cosine."""

from __future__ import annotations

import math

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class WarmupCosine(LRScheduler):
    """Raises the learning rate linearly to the optimizer's, then lowers it by half a cosine.

    Args:
        optimizer: The optimizer.
        total: Epochs, or updates where the schedule counts these, until the lowest rate.
        warmup: How many of them the rise takes.
        start_lr: Learning rate at the start of the rise.
        min_lr: The lowest learning rate, from `total` on.

    Raises:
        ValueError: If the rise does not end before the fall, or a rate is negative.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total: int,
        *,
        warmup: int = 0,
        start_lr: float = 0.0,
        min_lr: float = 0.0,
    ) -> None:
        if not 0 <= warmup < total:
            raise ValueError(f"warmup is {warmup}: it must be from 0 to below total, {total}")
        if start_lr < 0 or min_lr < 0:
            raise ValueError(f"start_lr is {start_lr} and min_lr is {min_lr}: they must not be < 0")
        self.total = total
        self.warmup = warmup
        self.start_lr = start_lr
        self.min_lr = min_lr
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Tensor]:
        """Return the learning rate of each group."""
        return [self._rate(float(lr)) for lr in self.base_lrs]

    def _rate(self, lr: float) -> float:
        step = self.last_epoch
        if step < self.warmup:
            return self.start_lr + (lr - self.start_lr) * step / self.warmup
        progress = min(1.0, (step - self.warmup) / (self.total - self.warmup))
        return self.min_lr + (lr - self.min_lr) * (1 + math.cos(math.pi * progress)) / 2
