"""Progressive pruning: candidates with little weight leave the search."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.callbacks.requires import search_by_alphas, search_of
from tangle.callbacks.shares import first_epoch, rising_shares
from tangle.modules.options import limited_epochs

log = logging.getLogger(__name__)


class ProgressivePruning(Callback):
    """Keeps only the candidates with the largest alphas at some points of the search.

    The stages of progressive DrNAS (Chen et al., ICLR 2021, section 3.3), for any gradient
    algorithm: a closed candidate gets no weight, and the rest share it. That the channels widen at
    these points too is up to `ProgressiveWidening`.

    Args:
        stages: For each pruning the share of the epochs, in (0, 1), after which it happens, and
            the number of candidates that each choice keeps.

    Raises:
        ValueError: If a share is out of range, a number below 1, or they are not in order.
    """

    def __init__(self, stages: Sequence[tuple[float, int]] = ((0.5, 2),)) -> None:
        shares = rising_shares("stages", [share for share, _ in stages])
        kept = [count for _, count in stages]
        if any(count < 1 for count in kept) or kept != sorted(kept, reverse=True):
            raise ValueError(f"stages keep {kept} candidates: they must fall, to 1 at the least")
        self.stages = list(zip(shares, map(int, kept), strict=True))

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that there are alphas to prune by, and a last epoch.

        Raises:
            ValueError: If there are none, or there is none.
        """
        search_by_alphas(pl_module, self)
        limited_epochs(trainer, "ProgressivePruning")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Prune if a stage begins."""
        search = search_of(pl_module, self)
        for share, count in self.stages:
            if trainer.current_epoch == first_epoch(share, trainer):
                search.algorithm.prune(count)
                log.info("Each choice keeps its %d candidates with the largest alphas", count)
