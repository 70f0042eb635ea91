"""How a learning rate follows the batch over all ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch.optim import Optimizer

from tangle.modules.batches import training_loaders, weight_part

if TYPE_CHECKING:
    from lightning.pytorch import Trainer

Rule = Literal["linear", "sqrt", "none"]


@dataclass(frozen=True)
class LRScaling:
    """Scales the learning rate of network weights with the batch that an update sees.

    A learning rate is tuned for some batch, the reference. With `k` times as many inputs in an
    update, over all ranks and accumulated batches, `linear` multiplies it by `k` (Goyal et al.,
    2017, for SGD; it wants a warm-up) and `sqrt` by the root of `k` (usual for Adam). The learning
    rate of architecture parameters stays: their gradient is the same mean over more data.

    Args:
        reference_batch: Inputs of an update that the learning rate is meant for.
        rule: How the learning rate follows; `none` leaves it as it is.

    Raises:
        ValueError: If the reference is not positive, or there is no such rule.
    """

    reference_batch: int
    rule: Rule = "linear"

    def __post_init__(self) -> None:
        if self.reference_batch < 1:
            raise ValueError(
                f"lr_scaling.reference_batch is {self.reference_batch}: it must be at least 1"
            )
        if self.rule not in ("linear", "sqrt", "none"):
            raise ValueError(f"lr_scaling.rule is {self.rule!r}: use linear, sqrt or none")

    def factor(self, batch: int) -> float:
        """Return what multiplies the learning rate.

        Args:
            batch: Inputs of an update, over all ranks.
        """
        ratio = batch / self.reference_batch
        return {"linear": ratio, "sqrt": math.sqrt(ratio), "none": 1.0}[self.rule]

    def apply(self, optimizer: Optimizer, trainer: Trainer, accumulate: int) -> None:
        """Scale the learning rates of an optimizer, before a schedule is made of it.

        Args:
            optimizer: The optimizer.
            trainer: Knows the ranks and the data.
            accumulate: Batches in an update.

        Raises:
            ValueError: If the data do not tell how large their batches are.
        """
        factor = self.factor(_batch_size(trainer) * trainer.world_size * accumulate)
        for group in optimizer.param_groups:
            group["lr"] = group["lr"] * factor


def _batch_size(trainer: Trainer) -> int:
    """Return the inputs in a batch of one rank that trains weights."""
    loaders = training_loaders(trainer)
    for owner in (getattr(trainer, "datamodule", None), loaders and weight_part(loaders)):
        size = getattr(owner, "batch_size", None)
        if isinstance(size, int):
            return size
    raise ValueError(
        "lr_scaling is given, but nothing tells how large a batch is: train on a data module that "
        "has an attribute batch_size, or whose loaders have one, or set lr_scaling to null"
    )
