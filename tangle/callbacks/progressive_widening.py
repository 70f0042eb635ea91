"""Progressive widening: operations run on more channels as the search goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.callbacks.requires import search_of
from tangle.callbacks.shares import first_epoch, rising_shares
from tangle.callbacks.staged import staged_parts
from tangle.modules.options import limited_epochs
from tangle.nn import Staged

log = logging.getLogger(__name__)


class ProgressiveWidening(Callback):
    """Takes the network of a search through its stages, from the narrowest to the widest.

    The other half of progressive DrNAS (Chen et al., ICLR 2021, section 3.3) beside
    `ProgressivePruning`: what pruning saves goes into channels. The network says how wide a stage
    is, by several `partial_channels`. A search that is resumed goes on in its stage.

    Args:
        shares: For each stage after the first the share of the epochs, in (0, 1), after which it
            begins.

    Raises:
        ValueError: If a share is out of range, or they are not in order; before training, if the
            network has no stages, or another number of them.
    """

    def __init__(self, shares: Sequence[float] = (0.5,)) -> None:
        self.shares = rising_shares("shares", shares)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin with the first stage: before the module's own setup, which runs the network.

        Raises:
            ValueError: If the network does not have as many stages as there are shares and one, or
                the search has no last epoch.
        """
        if stage != "fit":
            return
        limited_epochs(trainer, "ProgressiveWidening")
        parts = self._parts(pl_module)
        counts = sorted({part.num_stages for part in parts})
        if counts != [len(self.shares) + 1]:
            stages = " and ".join(map(str, counts)) if counts else "no"
            raise ValueError(
                f"ProgressiveWidening has {len(self.shares)} shares, for {len(self.shares) + 1} "
                f"stages, but the network has {stages} stages: give partial_channels a number of "
                "parts for each stage, as in [6, 4], and the callback a share for each but the "
                "first, or remove it"
            )
        for part in parts:
            part.begin(0)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Be in the stage of the epoch."""
        stage = sum(trainer.current_epoch >= first_epoch(s, trainer) for s in self.shares)
        parts = [part for part in self._parts(pl_module) if part.stage != stage]
        for part in parts:
            part.begin(stage)
        if parts:
            log.info("Stage %d of %d begins, on more channels", stage + 1, len(self.shares) + 1)

    def _parts(self, module: LightningModule) -> list[Staged]:
        return list(staged_parts(search_of(module, self)).values())
