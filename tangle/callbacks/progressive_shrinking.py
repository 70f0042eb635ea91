"""Progressive shrinking: smaller candidates join as the supernet learns."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.callbacks.requires import search_of
from tangle.modules.options import limited_epochs

log = logging.getLogger(__name__)


class ProgressiveShrinking(Callback):
    """Opens candidates on a schedule, from the largest down (Cai et al., ICLR 2020, section 3.3).

    First only the largest candidates are open. Each phase then opens, for the choices whose names
    start with one of its prefixes, the next smaller candidate, and over the phase all of them.
    In the original the phases are kernel sizes, depths, widths.

    Args:
        phases: Prefixes of choice names, one list a phase.
        warmup: Share of the epochs, in [0, 1), in which only the largest network trains.

    Raises:
        ValueError: If there are no phases, or the warm-up is out of range.
    """

    def __init__(self, phases: Sequence[Sequence[str]], warmup: float = 0.25) -> None:
        if not phases:
            raise ValueError("phases is empty: give the prefixes of choice names, a list a phase")
        if not 0 <= warmup < 1:
            raise ValueError(f"warmup is {warmup}: it must be in [0, 1)")
        self.phases = [list(prefixes) for prefixes in phases]
        self.warmup = warmup

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that every choice belongs to a phase, every phase has a choice, and epochs end.

        Raises:
            ValueError: Names the choice or the prefix, or the number of epochs has no limit.
        """
        limited_epochs(trainer, "ProgressiveShrinking")
        names = list(search_of(pl_module, self).supernet.space)
        prefixes = [prefix for phase in self.phases for prefix in phase]
        idle = [prefix for prefix in prefixes if not any(n.startswith(prefix) for n in names)]
        left = [name for name in names if not name.startswith(tuple(prefixes))]
        if idle or left:
            raise ValueError(
                f"The phases {self.phases} do not fit the search space: prefixes without a choice "
                f"{idle}, choices without a phase {left}. The choices are {names}"
            )

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open what the schedule has open in this epoch."""
        algorithm, progress = search_of(pl_module, self).algorithm, self.progress(trainer)
        for name, choice in algorithm.space.items():
            order = choice.order()
            phase = next(i for i, p in enumerate(self.phases) if name.startswith(tuple(p)))
            count = 1 + self._opened(progress * len(self.phases) - phase, len(order) - 1)
            algorithm.restrict(name, order[-count:])

    def progress(self, trainer: Trainer) -> float:
        """Return the share of the phases that has begun: 0 within the warm-up, then up to 1."""
        epochs = trainer.max_epochs or 1
        first = round(self.warmup * epochs)
        if trainer.current_epoch < first:
            return 0.0
        return (trainer.current_epoch - first + 1) / max(1, epochs - first)

    def _opened(self, progress: float, smaller: int) -> int:
        """Return how many smaller candidates are open, all of them by the middle of a phase."""
        if progress <= 0:
            return 0
        return min(smaller, 1 + int(2 * progress * smaller))
