"""Weights of convolutions in the order in which their kernels are fast."""

from __future__ import annotations

import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class ChannelsLast(Callback):
    """Lays out the weights of convolutions with channels last; feature maps then follow.

    The numbers are the same up to rounding. Try it: on a CPU an update of the toy cell takes two
    thirds of the time, but one of NAS-Bench-201 several times as long.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Lay out all weights with four dimensions anew."""
        pl_module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
