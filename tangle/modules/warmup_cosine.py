"""A learning rate that rises to its full value, and falls along a cosine."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class WarmupCosine(LRScheduler):
    """Linear warm-up, then half a cosine to a smallest learning rate, which is kept.

    Args:
        optimizer: Whose learning rates are full ones.
        total: Length, in epochs or updates, whichever the schedule counts.
        warmup: Length of the warm-up.
        start: Learning rate of the first epoch or update, a share of the full one.
        end: Smallest learning rate, a share of the full one.
        joined: Whether the cosine spans the whole length and is joined where the warm-up ends, as
            in the recipes of vision transformers (DeiT, AutoFormer), instead of beginning there.
        last_epoch: Index of the last epoch or update, -1 before the first.

    Raises:
        ValueError: If a length or a share is out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total: int,
        *,
        warmup: int = 0,
        start: float = 0.0,
        end: float = 0.0,
        joined: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= warmup < total:
            raise ValueError(
                f"warmup is {warmup} of {total} in total: it must be at least 0 and below total"
            )
        for name, share in (("start", start), ("end", end)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share}: a share of the learning rate is in [0, 1]")
        self.total, self.warmup, self.start, self.end = total, warmup, start, end
        self.joined = joined
        super().__init__(optimizer, last_epoch)

    def share(self, step: int) -> float:
        """Return the learning rate at an epoch or update, as a share of the full one."""
        if step < self.warmup:
            return self.start + (1 - self.start) * step / self.warmup
        begin = 0 if self.joined else self.warmup
        progress = min((step - begin) / (self.total - begin), 1.0)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * progress)) / 2

    def get_lr(self) -> list[float]:  # type: ignore[override]  # torch types tensors as well
        """Return the learning rate of each group of parameters."""
        return [float(full) * self.share(self.last_epoch) for full in self.base_lrs]
