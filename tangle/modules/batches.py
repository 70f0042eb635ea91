"""What is in a training batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lightning.pytorch import LightningDataModule, Trainer

Pair = tuple[Any, Any]
"""Inputs and targets."""


def weight_part(batch: Any) -> Pair:
    """Return what network weights are trained on: the batch, or its part `weights`."""
    return batch["weights"] if isinstance(batch, Mapping) else batch


def training_loaders(trainer: Trainer) -> Any:
    """Return new training loaders of the data module, by part; None if there is no data module."""
    data: LightningDataModule | None = getattr(trainer, "datamodule", None)
    return None if data is None else loaders_of(data)


def loaders_of(data: LightningDataModule) -> Any:
    """Return new training loaders of a data module, by part."""
    loader = data.train_dataloader()
    return getattr(loader, "iterables", loader)  # what a CombinedLoader combines


def first_batch(data: LightningDataModule, stage: str) -> Any:
    """Return the first batch of a stage, as `fit` or `test`; None if it has none.

    The loaders are new ones, so nothing that runs is disturbed.
    """
    loaders = {
        "fit": lambda: weight_part(loaders_of(data)),
        "validate": data.val_dataloader,
        "test": data.test_dataloader,
        "predict": data.predict_dataloader,
    }
    return next(iter(loaders[stage]()), None)


def calibration_inputs(trainer: Trainer, num_batches: int) -> Iterator[Any]:
    """Yield inputs of the first batches that train network weights, on the trainer's device.

    The loaders are new ones, so a running epoch is not disturbed. Without a data module there is
    nothing to draw from.
    """
    loaders = training_loaders(trainer)
    if loaders is None or num_batches == 0:
        return
    for pair in islice(weight_part(loaders), num_batches):
        inputs, _ = trainer.strategy.batch_to_device(pair)
        yield inputs
