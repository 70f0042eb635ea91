"""Learning rate schedules, which Lightning does not advance for a module of several optimizers."""

from __future__ import annotations

import warnings
from typing import Any, Literal

from lightning.pytorch import Trainer
from lightning.pytorch.cli import LRSchedulerCallable
from torch.optim import Optimizer

from tangle.modules.options import check_scheduler

Interval = Literal["epoch", "step"]


def scheduled(
    optimizer: Optimizer, name: str, make: LRSchedulerCallable | None, interval: Interval
) -> dict[str, Any]:
    """Return an optimizer and its schedule, where it has one, as Lightning takes them.

    Args:
        optimizer: The optimizer.
        name: The option that makes the schedule.
        make: Makes the schedule.
        interval: What the schedule counts.

    Raises:
        ValueError: If the schedule waits for a metric.
    """
    if make is None:
        return {"optimizer": optimizer}
    scheduler = make(optimizer)
    check_scheduler(scheduler, name)
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": scheduler, "interval": interval},
    }


def advance(trainer: Trainer, interval: Interval) -> None:
    """Advance all schedules that count epochs, or all that count steps."""
    with warnings.catch_warnings():
        # Alphas rest during arch_warmup, and their schedule goes on.
        warnings.filterwarnings("ignore", message=r"Detected call of `lr_scheduler.step\(\)`")
        for config in trainer.lr_scheduler_configs:
            if config.interval == interval:
                config.scheduler.step()  # type: ignore[call-arg]
