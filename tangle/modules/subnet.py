"""Training and evaluating the network of one architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from lightning.pytorch.core.mixins.hparams_mixin import _given_hyperparameters
from torch import Tensor, nn
from torch.optim import Optimizer

from tangle.core import Architecture, SearchSpace, load_architecture
from tangle.modules.batches import calibration_inputs, first_batch, weight_part
from tangle.modules.class_check import check_classes
from tangle.modules.decay import parameter_groups
from tangle.modules.evaluated import Evaluated, Network
from tangle.modules.fit_check import check_fits
from tangle.modules.inheritance import Inheritance
from tangle.modules.lr_scaling import LRScaling
from tangle.modules.options import at_least, check_scheduler, positive_or_none, share
from tangle.modules.recalibrate import recalibrate
from tangle.modules.task import Task
from tangle.modules.text_check import check_text
from tangle.nn import Supernet

_OBJECTS = ("net", "task", "optimizer", "scheduler", "lr_scaling")


class SubnetModule(Evaluated):
    """Trains the plain network of one architecture, from scratch or from a supernet's weights.

    A training batch is `(x, y)`, or `{"weights": (x, y)}` as a bi-level data module gives it.

    Args:
        net: The network that was searched, with its choices.
        task: Loss and metrics.
        architecture: Path of an architecture file, or `largest` or `smallest`.
        optimizer: Makes the optimizer.
        scheduler: Makes the schedule of its learning rate.
        scheduler_interval: Whether the schedule advances after each epoch or each update.
        decay_vectors: Whether weight decay also acts on biases and on scales of normalisations.
        checkpoint: Path of weights that are inherited: a search's checkpoint, or
            `weights.safetensors` of an extracted network; None trains from scratch.
        new_head: Whether the last linear layer starts afresh, for other classes than those that
            inherited weights are for.
        distillation: Share of the loss, in [0, 1], that imitates the largest network with the
            weights of the search's checkpoint.
        clip_norm: Largest norm of the gradient; None for no limit.
        calibration_batches: Training batches from which an inherited network with batch
            normalisation gets running statistics of its own; 0 keeps the supernet's.
        lr_scaling: How the learning rate follows the number of ranks, the batch size and
            `trainer.accumulate_grad_batches`; None leaves it as it is.

    Attributes:
        net: The plain network.
        architecture: The architecture, an index for each choice.
        space: The search space it is from.

    Raises:
        FileNotFoundError: If the architecture file or the checkpoint does not exist.
        ValueError: If one of them belongs to another search space, weights do not fit the network,
            or an option is out of range or lacks another one.
    """

    def __init__(
        self,
        net: nn.Module,
        task: Task,
        *,
        architecture: str,
        optimizer: OptimizerCallable,
        scheduler: LRSchedulerCallable | None = None,
        scheduler_interval: Literal["epoch", "step"] = "epoch",
        decay_vectors: bool = True,
        checkpoint: str | None = None,
        new_head: bool = False,
        distillation: float = 0.0,
        clip_norm: float | None = None,
        calibration_batches: int = 20,
        lr_scaling: LRScaling | None = None,
    ) -> None:
        super().__init__(task)
        self.save_hyperparameters(ignore=() if _given_hyperparameters.get() else _OBJECTS)
        supernet = Supernet(net)
        self.space = supernet.space
        self.architecture = chosen_architecture(architecture, self.space)
        start = Inheritance(checkpoint, new_head=new_head)
        self.net = start.network(supernet, self.architecture)
        self.distillation = share("distillation", distillation)
        # In a tuple, so that it is no part of the module: neither trained nor saved.
        self._teacher = (start.teacher(supernet),) if distillation > 0 else ()
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.scheduler_interval = scheduler_interval
        self.decay_vectors = decay_vectors
        self.lr_scaling = lr_scaling
        self.clip_norm = positive_or_none("clip_norm", clip_norm)
        self.calibration_batches = at_least(0, "calibration_batches", calibration_batches)
        self._has_foreign_statistics = start.is_from_search

    def forward(self, x: Any) -> Any:
        """Return the network's output."""
        return self.net(x)

    def setup(self, stage: str) -> None:
        """Check that the network takes the data, before anything is written."""
        data = getattr(self.trainer, "datamodule", None)
        if data is not None and stage != "predict":  # for which there may be no targets
            check_text(self.net, self.task, data)
            check_classes(self.trainer, self.task)
            pair = first_batch(data, stage)
            if isinstance(pair, tuple | list) and len(pair) == 2:
                check_fits(self.net, self.task, (pair[0], pair[1]))

    def on_fit_start(self) -> None:
        """Give an inherited network, and its teacher, running statistics of their own."""
        self._calibrate()
        for teacher in self._teacher:
            recalibrate(
                teacher.to(self.device), calibration_inputs(self.trainer, self.calibration_batches)
            )

    def on_validation_start(self) -> None:
        """Give an inherited network running statistics of its own."""
        self._calibrate()

    def on_test_start(self) -> None:
        """Give an inherited network running statistics of its own."""
        self._calibrate()

    def on_predict_start(self) -> None:
        """Give an inherited network running statistics of its own."""
        self._calibrate()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the running statistics of the checkpoint."""
        self._has_foreign_statistics = False

    def _calibrate(self) -> None:
        if self._has_foreign_statistics:
            recalibrate(self.net, calibration_inputs(self.trainer, self.calibration_batches))
            self._has_foreign_statistics = False

    def networks(self, stage: str) -> dict[str, Network]:
        """Return the network alone."""
        return {"": self.net}

    def configure_optimizers(self) -> Any:
        """Make the optimizer and its schedule."""
        groups = parameter_groups(self, decay_vectors=self.decay_vectors)
        optimizer = self.optimizer(groups)  # type: ignore[arg-type]
        if self.lr_scaling is not None:
            accumulate = self.trainer.accumulate_grad_batches
            self.lr_scaling.apply(optimizer, self.trainer, accumulate)
        if self.scheduler is None:
            return optimizer
        scheduler = self.scheduler(optimizer)
        check_scheduler(scheduler)
        schedule = {"scheduler": scheduler, "interval": self.scheduler_interval}
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by `clip_norm`, or as the trainer says where that is not given."""
        limit = self.clip_norm or gradient_clip_val
        algorithm = "norm" if self.clip_norm else gradient_clip_algorithm
        self.clip_gradients(optimizer, limit, algorithm)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Return the loss of a batch."""
        x, target = weight_part(batch)
        output = self.net(x)
        loss = self.task.loss(output, target)
        for teacher in self._teacher:
            with torch.no_grad():
                lesson = teacher(x)
            imitation = self.task.imitation(output, lesson)
            loss = (1 - self.distillation) * loss + self.distillation * imitation
        self.log("train/loss", loss, prog_bar=True)
        self.log("train/lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        return loss


def chosen_architecture(given: str, space: SearchSpace) -> Architecture:
    """Return the architecture of a file, or the one called `largest` or `smallest`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is of another space.
    """
    if given in ("largest", "smallest"):
        return space.largest() if given == "largest" else space.smallest()
    if not Path(given).is_file():
        raise FileNotFoundError(
            f"There is no architecture file {given}: give the path of one that a search wrote, "
            "or largest or smallest"
        )
    return load_architecture(given, space)
