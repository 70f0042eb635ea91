"""A progress bar with room for the losses of a search."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.callbacks.progress.rich_progress import (
    CustomBarColumn,
    ProcessingSpeedColumn,
)

BAR_WIDTH = 12
"""Characters; Lightning's bar takes what it can, and the metrics then need a line each."""


class SearchProgressBar(RichProgressBar):
    """Lightning's rich progress bar with a short bar, and the metrics beside it in one line.

    Args:
        refresh_rate: Batches between two updates of the display.
    """

    def __init__(self, refresh_rate: int = 1) -> None:
        super().__init__(refresh_rate=refresh_rate, leave=False)

    def configure_columns(self, trainer: Trainer) -> list[Any]:
        """Return the columns, with a short bar in place of the long one, and without the speed."""
        style = self.theme
        short = CustomBarColumn(
            BAR_WIDTH,
            complete_style=style.progress_bar,
            finished_style=style.progress_bar_finished,
            pulse_style=style.progress_bar_pulse,
        )
        return [
            short if isinstance(column, CustomBarColumn) else column
            for column in super().configure_columns(trainer)
            if not isinstance(column, ProcessingSpeedColumn)
        ]

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """Return the metrics in a constant order, without the number of the log's version."""
        metrics = super().get_metrics(trainer, pl_module)
        return {name: metrics[name] for name in sorted(metrics) if name != "v_num"}
