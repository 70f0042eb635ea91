"""Selection by perturbation: choices are decided by what the supernet loses without a candidate."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.callbacks.requires import search_by_alphas, search_of
from tangle.modules import SearchModule
from tangle.selection import decision_order, decisions_left, most_missed

log = logging.getLogger(__name__)


class PerturbationSelection(Callback):
    """Decides choices one by one for the candidate that the relaxed supernet misses most.

    Wang et al. (ICLR 2021), algorithm 1, instead of the largest alphas: in random order, each
    choice keeps the candidate without which validation is worst, and the others are closed. As the
    decisions are made before the validation of their epoch, all that a run writes is of the
    selected architecture. A selection takes one validation pass for each candidate of the space.

    Args:
        tune_epochs: Epochs in which the supernet is trained on between two decisions; the last one
            is made in the last epoch. With 0 all are made there.
        max_batches: Validation batches for a score; None takes those of a validation.

    Raises:
        ValueError: If an option is out of range.
    """

    def __init__(self, tune_epochs: int = 0, max_batches: int | None = None) -> None:
        if tune_epochs < 0:
            raise ValueError(f"tune_epochs is {tune_epochs}: it must be at least 0")
        if max_batches is not None and max_batches < 1:
            raise ValueError(f"max_batches is {max_batches}: it must be at least 1, or null")
        self.tune_epochs = tune_epochs
        self.max_batches = max_batches
        self._loader: Any = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that there is a relaxed supernet, data to judge it by, and the time to tune it.

        Raises:
            ValueError: If one is missing.
        """
        search = search_by_alphas(pl_module, self)
        # A loader of its own where possible: that of the trainer keeps its place.
        data = getattr(trainer, "datamodule", None)
        self._loader = trainer.val_dataloaders if data is None else data.val_dataloader()
        if next(self._batches(trainer), None) is None:
            raise ValueError(
                "PerturbationSelection judges by validation data, but there are none: set the "
                "data's val_fraction and trainer.limit_val_batches above 0"
            )
        needed = 1 + self.tune_epochs * (len(_undecided(search)) - 1)
        epochs = trainer.max_epochs or -1
        if epochs < needed and trainer.current_epoch == 0 and not trainer.fast_dev_run:  # type: ignore[attr-defined]
            raise ValueError(
                f"tune_epochs is {self.tune_epochs}, so the {len(_undecided(search))} decisions "
                f"need {needed} epochs, but trainer.max_epochs is {trainer.max_epochs}: raise it, "
                "or lower tune_epochs"
            )

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Make the decisions that are due, after the last batch of an epoch."""
        search = search_of(pl_module, self)
        if not trainer.is_last_batch:
            return
        # A function of the epoch and of what is open alone, so that a resumed run goes on alike.
        left = (trainer.max_epochs or 1) - 1 - trainer.current_epoch
        may_wait = decisions_left(left, self.tune_epochs)
        while len(undecided := _undecided(search)) > may_wait:
            self._decide(undecided[0], trainer, search)

    def _decide(self, name: str, trainer: Trainer, module: SearchModule) -> None:
        algorithm = module.algorithm
        index = most_missed(name, dict(algorithm.open), partial(self._score, trainer, module))
        algorithm.restrict(name, [index])
        value = module.supernet.space[name].candidates[index]
        log.info("The supernet misses %s of %s most: it is decided", value, name)

    def _score(
        self, trainer: Trainer, module: SearchModule, candidates: Mapping[str, Sequence[int]]
    ) -> float:
        """Return the task's main metric, larger for better, of the supernet with candidates."""
        metrics = module.task.metrics().to(module.device)
        precision = trainer.precision_plugin.val_step_context()
        with _only(module, candidates), precision, torch.no_grad():
            for number, (x, target) in enumerate(self._batches(trainer)):
                # The same noise for all candidates, other noise for other batches.
                for arch in module.algorithm.draw(number, "selection"):
                    metrics.update(module.supernet(x, arch), target)
        value = float(metrics.compute()[module.task.monitor])
        return value if module.task.larger_is_better else -value

    def _batches(self, trainer: Trainer) -> Iterator[Any]:
        """Yield validation batches, as many as there are in a validation or a score."""
        if self._loader is None or self._loader == []:
            return
        limit: float | None = trainer.limit_val_batches
        if isinstance(limit, float):
            limit = None if limit == 1 else int(limit * len(self._loader))
        limits = [int(number) for number in (limit, self.max_batches) if number is not None]
        for pair in islice(self._loader, min(limits, default=None)):
            yield trainer.strategy.batch_to_device(pair)


def _undecided(module: SearchModule) -> list[str]:
    """Return the choices with several open candidates, the next to decide first."""
    algorithm = module.algorithm
    order = decision_order(module.supernet.space, algorithm.seed)
    return [name for name in order if len(algorithm.open[name]) > 1]


@contextmanager
def _only(module: SearchModule, candidates: Mapping[str, Sequence[int]]) -> Iterator[None]:
    """Open only some candidates within the block, in evaluation mode."""
    algorithm = module.algorithm
    before = dict(algorithm.open)
    modes = [(part, part.training) for part in module.supernet.modules()]
    module.supernet.eval()
    try:
        for name, indices in candidates.items():
            algorithm.restrict(name, indices)
        yield
    finally:
        for name, indices in before.items():
            algorithm.restrict(name, indices)
        for part, mode in modes:
            part.training = mode
