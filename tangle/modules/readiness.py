"""Whether a search is ready to begin: its trainer, its data and its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import Trainer

from tangle.algorithms.base import SearchAlgorithm
from tangle.metrics.exact_trial import Role
from tangle.modules.batches import calibration_inputs, training_loaders, weight_part
from tangle.modules.budgeting import Budgeting
from tangle.modules.class_check import check_classes
from tangle.modules.options import check_arch_data, check_epochs, check_imitated
from tangle.modules.search_check import check_search
from tangle.modules.task import Task
from tangle.modules.text_check import check_text
from tangle.nn import Supernet


@dataclass(frozen=True)
class Readiness:
    """What is looked at before a search trains, each as soon as there is what it needs.

    With a data module that is before anything is written; loaders that come without one are there
    when training starts, and their batches later still.

    Attributes:
        supernet: The supernet.
        task: The task.
        algorithm: The algorithm.
        budget: Is to count what it limits; None for no limits.
        shares: Values of options that are shares of the epochs, by name.
        distillation: Share of the loss that imitates the first of several drawn architectures.
        draws_several: Whether the algorithm, with all candidates open, draws several.
        roles: The roles in which the network is to be the same; none of them leaves it unchecked.
    """

    supernet: Supernet
    task: Task
    algorithm: SearchAlgorithm
    budget: Budgeting | None
    shares: Mapping[str, float]
    distillation: float
    draws_several: bool
    roles: Sequence[Role]

    def check_data_module(self, trainer: Trainer, stage: str) -> None:
        """Check that the data fit net and algorithm, and a search has the epochs that it needs."""
        if stage == "fit":
            check_epochs(trainer, self.algorithm, self.shares)
            check_imitated(self.algorithm, self.distillation, several=self.draws_several)
        check_classes(trainer, self.task)
        if stage != "predict":
            check_text(self.supernet.net, self.task, getattr(trainer, "datamodule", None))
        loaders = training_loaders(trainer) if stage == "fit" else None
        if loaders is not None:
            self._check_parts(loaders)
        if self.budget is not None:
            self.budget.measure(self.supernet, self.algorithm, calibration_inputs(trainer, 1))
        if loaders is not None and self.roles:
            with torch.random.fork_rng([]):  # a loader draws a seed
                self._check_network(trainer, next(iter(weight_part(loaders)), None))

    def check_loaders(self, trainer: Trainer) -> None:
        """Check loaders that come without a data module."""
        loaders = trainer.train_dataloader
        self._check_parts(loaders)
        if self.budget is not None:
            inputs = (x for x, _ in weight_part(loaders))
            self.budget.measure(self.supernet, self.algorithm, inputs)

    def check_batch(self, trainer: Trainer, batch: Any) -> None:
        """Check that the network takes the first batch of data without a data module."""
        if training_loaders(trainer) is None:
            self._check_network(trainer, weight_part(batch))

    def _check_parts(self, loaders: Any) -> None:
        if any(True for _ in self.algorithm.parameters()):
            check_arch_data(self.algorithm, loaders)

    def _check_network(self, trainer: Trainer, pair: Any) -> None:
        if self.roles:
            check_search(trainer, self.supernet, self.task, pair, self.roles)
