"""What loggers with pages of their own get beside numbers: a histogram, a table, a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

KEY = "arch_weights"
"""What everything is logged under."""


def log_histogram(loggers: Iterable[Logger], weights: Sequence[float], step: int) -> None:
    """Log how architecture weights are spread, where there are histograms.

    Those of MLflow's are missing, as it has none.

    Args:
        loggers: The loggers.
        weights: One number for each candidate of each choice.
        step: Where on the axis of the other numbers.
    """
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_histogram(KEY, torch.tensor(weights), step)
        elif isinstance(logger, WandbLogger):
            from wandb import Histogram  # type: ignore[import-not-found, unused-ignore]

            logger.log_metrics({f"{KEY}/histogram": Histogram(weights)}, step)


def log_table(
    loggers: Iterable[Logger], rows: Sequence[tuple[str, Any, float]], files: Sequence[Path]
) -> None:
    """Log the final weights as a table, and the files that tell how they came about.

    Args:
        loggers: The loggers.
        rows: Choice, candidate, and weight.
        files: A table and a picture; those that exist.
    """
    columns = ["choice", "candidate", "weight"]
    texts = [[name, str(value), weight] for name, value, weight in rows]
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            lines = [columns, ["---"] * 3, *([n, str(v), f"{w:.4f}"] for n, v, w in rows)]
            table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
            logger.experiment.add_text(f"{KEY}/table", table)
        elif isinstance(logger, WandbLogger):
            logger.log_table(f"{KEY}/table", columns=columns, data=texts)
            pictures = [str(file) for file in files if file.suffix == ".png"]
            logger.log_image(f"{KEY}/figure", pictures)
        elif isinstance(logger, MLFlowLogger):
            for file in files:
                logger.experiment.log_artifact(logger.run_id, str(file), KEY)
