"""How fast a run is, and whether it waits for its data."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.modules.batches import weight_part
from tangle.modules.options import positive_or_none


class Throughput(Callback):
    """Tells the loggers after each epoch how many inputs a second were trained on.

    Logged are `throughput/inputs_per_second`, over all ranks, `throughput/data_wait`, the share of
    the time in which no batch was there to train on, and, if the speed of one rank is given,
    `throughput/scaling_efficiency`, the share of that speed which each rank reaches. The first
    batch of an epoch is left out: workers start, and devices warm up.

    Args:
        of_one_rank: Inputs a second of the same run on one rank, as this callback told it there.

    Raises:
        ValueError: If the speed of one rank is not positive.
    """

    def __init__(self, of_one_rank: float | None = None) -> None:
        self.of_one_rank = positive_or_none("of_one_rank", of_one_rank)
        self._began = self._ended = 0.0
        self._inputs = 0
        self._waited = 0.0

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Count how long the batch took to come."""
        if self._ended:
            self._waited += time.perf_counter() - self._ended

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the batch's inputs."""
        self._ended = time.perf_counter()
        if not self._began:
            self._began = self._ended
        else:
            self._inputs += len(weight_part(batch)[0])

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell the loggers, and begin anew."""
        seconds = self._ended - self._began
        if self._inputs and seconds > 0:
            speed = trainer.world_size * self._inputs / seconds
            told = {"inputs_per_second": speed, "data_wait": min(1.0, self._waited / seconds)}
            if self.of_one_rank is not None:
                told["scaling_efficiency"] = speed / (trainer.world_size * self.of_one_rank)
            pl_module.log_dict(
                {f"throughput/{name}": value for name, value in told.items()}, sync_dist=True
            )
        self._began = self._ended = self._waited = 0.0
        self._inputs = 0
