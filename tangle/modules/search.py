"""The search: network weights and architecture parameters trained in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from lightning.pytorch.core.mixins.hparams_mixin import _given_hyperparameters
from torch import Tensor, nn
from torch.optim import Optimizer

from tangle.algorithms.base import SearchAlgorithm
from tangle.core import Architecture, Relaxation, SearchSpace
from tangle.metrics.exact_trial import Role
from tangle.modules.batches import calibration_inputs, weight_part
from tangle.modules.budget import Budget
from tangle.modules.budgeting import Budgeting
from tangle.modules.checkpoint import SEARCH, read_search_state, search_state
from tangle.modules.compiled import Compiled
from tangle.modules.evaluated import Evaluated, Network
from tangle.modules.gradients import backward_mean, frozen
from tangle.modules.lr_scaling import LRScaling
from tangle.modules.objective import Objective, draws_several
from tangle.modules.options import (
    at_least,
    check_arch_optimizer,
    check_trainer,
    check_unrolled,
    positive_or_none,
    share,
)
from tangle.modules.readiness import Readiness
from tangle.modules.recalibrate import has_statistics, recalibrate
from tangle.modules.recomputing import recompute_blocks
from tangle.modules.schedule import Interval, advance, scheduled
from tangle.modules.task import Task
from tangle.modules.unrolled import Unrolled
from tangle.nn import Supernet

AlgorithmCallable = Callable[[SearchSpace], SearchAlgorithm]
_OBJECTS = ("net", "task", "algorithm", "weight_optimizer", "arch_optimizer", "scheduler",
            "arch_scheduler", "budget", "lr_scaling")  # fmt: skip


class SearchModule(Evaluated):
    """Searches an architecture: trains a supernet and, where there are any, alphas.

    Each update of the network weights follows one of the architecture parameters, on data of its
    own and with a draw of its own. A training batch is `{"weights": (x, y), "arch": (x, y)}`; an
    algorithm without parameters needs no `arch` part and takes a plain `(x, y)` as well.

    Args:
        net: A network whose layers have choices.
        task: Loss and metrics.
        algorithm: Makes the search algorithm from the network's search space.
        weight_optimizer: Makes the optimizer of the network weights.
        arch_optimizer: Makes the optimizer of the architecture parameters, where there are any.
        scheduler: Makes the schedule of the weight optimizer's learning rate.
        arch_scheduler: Makes the schedule of the architecture optimizer's learning rate.
        scheduler_interval: Whether schedules advance after each epoch or each update.
        weight_clip: Largest norm of the weights' gradient; None for no limit.
        arch_clip: Largest norm of the architecture parameters' gradient; None for no limit.
        accumulate: Batches in an update; the last update of an epoch may have fewer.
        arch_warmup: Share of the epochs, in [0, 1], in which only weights are trained.
        arch_every: Updates of the weights for each one of the architecture parameters.
        arch_average: Share of the epochs, in [0, 1], at the end of the search, over whose updates
            alphas are averaged; the averages then name the best architecture. With 0 the alphas of
            now do.
        unrolled: Whether alphas are trained through a step of the weights (second-order DARTS).
        distillation: Share of the weights' loss, in [0, 1], that lets all but the first of several
            drawn architectures imitate the first (in-place distillation, BigNAS). For algorithms
            that draw several, such as Sandwich and OFA.
        calibration_batches: Training batches from which a network with batch normalisation gets
            running statistics of its own before it is tested or saved; 0 keeps the supernet's.
        calibrate_validation: Whether to do that before each validation too.
        budget: Limits of parameters and of multiply-accumulates that the best architecture keeps
            to; None for no limits.
        lr_scaling: How the weights' learning rate follows the number of ranks, the batch size and
            `accumulate`; None leaves it as it is.
        compile_backend: Backend of `torch.compile` that trains the supernet, such as `inductor`;
            None for none. Drawn single architectures then cost as much as the largest network.
        gradient_checkpointing: Whether the blocks of stacks of blocks run again during backward,
            so that what is inside them need not be kept: less memory for more time.
        check_network: Whether to check before training that the network takes the data, and is the
            same superposed at a single architecture, sliced and extracted.

    Raises:
        ValueError: If an option is out of range, an algorithm with parameters has no optimizer for
            them, or the reverse, or one without is to have them scheduled or unrolled, or the
            budget and the search space or the algorithm don't fit; before training, if the network
            does not take the data or is not the same in all its roles, or there is distillation
            but one architecture in an update.
    """

    def __init__(
        self,
        net: nn.Module,
        task: Task,
        *,
        algorithm: AlgorithmCallable,
        weight_optimizer: OptimizerCallable,
        arch_optimizer: OptimizerCallable | None = None,
        scheduler: LRSchedulerCallable | None = None,
        arch_scheduler: LRSchedulerCallable | None = None,
        scheduler_interval: Interval = "epoch",
        weight_clip: float | None = None,
        arch_clip: float | None = None,
        accumulate: int = 1,
        arch_warmup: float = 0.0,
        arch_every: int = 1,
        arch_average: float = 0.0,
        unrolled: bool = False,
        distillation: float = 0.0,
        calibration_batches: int = 20,
        calibrate_validation: bool = False,
        budget: Budget | None = None,
        lr_scaling: LRScaling | None = None,
        compile_backend: str | None = None,
        gradient_checkpointing: bool = False,
        check_network: bool = True,
    ) -> None:
        super().__init__(task)
        # A module made from a configuration is saved with it, any other with its plain options:
        # checkpoints hold no objects.
        self.save_hyperparameters(ignore=() if _given_hyperparameters.get() else _OBJECTS)
        self.automatic_optimization = False
        self.supernet = Supernet(net)
        self.algorithm = algorithm(self.supernet.space)
        self.weight_optimizer = weight_optimizer
        self.arch_optimizer = arch_optimizer
        self.scheduler = scheduler
        self.arch_scheduler = arch_scheduler
        self.lr_scaling = lr_scaling
        self.scheduler_interval = scheduler_interval
        self.weight_clip = positive_or_none("weight_clip", weight_clip)
        self.arch_clip = positive_or_none("arch_clip", arch_clip)
        self.accumulate = at_least(1, "accumulate", accumulate)
        self.arch_warmup = share("arch_warmup", arch_warmup)
        self.arch_every = at_least(1, "arch_every", arch_every)
        self.arch_average = share("arch_average", arch_average)
        if arch_average > 0 and arch_optimizer is not None:
            self.algorithm.keep_average()
        self.unrolled = unrolled
        imitated = share("distillation", distillation)
        self.budget = None if budget is None else Budgeting(budget, self.supernet, self.algorithm)
        if gradient_checkpointing:
            recompute_blocks(net, compile_backend)
        compiled = None if compile_backend is None else Compiled(self.supernet, compile_backend)
        self.objective = Objective(
            self.supernet, task, self.algorithm, imitated, self.budget, compiled
        )
        self.calibration_batches = at_least(0, "calibration_batches", calibration_batches)
        self.calibrate_validation = calibrate_validation
        relaxes = compiled is not None or any(True for _ in self.algorithm.parameters())
        roles: list[Role] = ["superposed", "extracted"] if relaxes else ["extracted"]
        self._readiness = Readiness(
            self.supernet, task, self.algorithm, self.budget,
            {"arch_warmup": self.arch_warmup, "arch_average": self.arch_average},
            imitated, imitated == 0 or draws_several(self.algorithm),
            roles if check_network else (),
        )  # fmt: skip
        self.search_step = 0
        self._window: list[Any] = []
        self._calibrates = calibration_batches > 0 and has_statistics(net)
        check_arch_optimizer(self.algorithm, arch_optimizer, arch_scheduler)
        if unrolled:
            check_unrolled(self.algorithm, distillation)
        # DDP leaves alphas alone: their gradient is averaged apart from that of the weights. Nor
        # need constants be sent in every step.
        constants = dict(self.named_buffers()).keys() - self.state_dict().keys()
        self._ddp_params_and_buffers_to_ignore = [
            *(f"algorithm.{name}" for name, _ in self.algorithm.named_parameters()),
            *sorted(constants),
        ]

    def forward(self, x: Any, arch: Architecture | Relaxation) -> Any:
        """Return the supernet's output for an input at an architecture."""
        return self.supernet(x, arch)

    @property
    def is_between_updates(self) -> bool:
        """Whether no batch waits for others to make up an update."""
        return not self._window

    def standalone(self, arch: Architecture) -> nn.Module:
        """Return the plain network of an architecture, its running statistics taken anew."""
        net = self.supernet.extract(arch)
        recalibrate(net, calibration_inputs(self.trainer, self.calibration_batches))
        return net

    def networks(self, stage: str) -> dict[str, Network]:
        """Return the incumbents, standalone if they are to have statistics of their own."""
        incumbents = dict(sorted(self.algorithm.incumbents().items(), key=lambda i: i[0] != "best"))
        if self._calibrates and (stage != "val" or self.calibrate_validation):
            return {name: self.standalone(arch) for name, arch in incumbents.items()}
        return {name: partial(self.supernet, arch=arch) for name, arch in incumbents.items()}

    def configure_callbacks(self) -> list[Any]:
        """Return no callbacks, but refuse options of the trainer that a search has its own of."""
        # The first hook of a run; after it Lightning refuses the same without naming a way out.
        check_trainer(self.trainer, unrolled=self.unrolled)
        return []

    def configure_optimizers(self) -> Any:
        """Make one optimizer of exactly the weights and one of exactly the alphas."""
        interval = self.scheduler_interval
        weights = self.weight_optimizer(self.supernet.parameters())
        if self.lr_scaling is not None:
            self.lr_scaling.apply(weights, self.trainer, self.accumulate)
        parts = [scheduled(weights, "scheduler", self.scheduler, interval)]
        if self.arch_optimizer is not None:
            alphas = self.arch_optimizer(self.algorithm.parameters())
            parts.append(scheduled(alphas, "arch_scheduler", self.arch_scheduler, interval))
        return parts

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip the gradient: here, where mixed precision has just brought it to its true scale."""
        is_weights = optimizer is self.trainer.optimizers[0]
        limit = self.weight_clip if is_weights else self.arch_clip
        if limit is not None:
            self.clip_gradients(optimizer, limit, gradient_clip_algorithm="norm")

    def on_train_epoch_end(self) -> None:
        """Advance schedules of epochs."""
        advance(self.trainer, "epoch")

    def setup(self, stage: str) -> None:
        """Check that the data fit net and algorithm, before anything is written."""
        self._readiness.check_data_module(self.trainer, stage)

    def on_train_start(self) -> None:
        """Check data that come without a data module, and bring the algorithm up to date."""
        self._readiness.check_loaders(self.trainer)
        self._window.clear()
        self.on_train_epoch_start()  # which Lightning leaves out when it resumes inside an epoch

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Check that the network takes data that come without a data module."""
        if self.search_step == 0 and batch_idx == 0:
            self._readiness.check_batch(self.trainer, batch)

    def on_train_epoch_start(self) -> None:
        """Tell the algorithm how far the search is: 0 in the first epoch, 1 in the last."""
        last = (self.trainer.max_epochs or 0) - 1
        self.algorithm.anneal(min(1.0, self.current_epoch / last) if last > 0 else 0.0)

    def training_step(self, batch: Any, batch_idx: int) -> None:
        """Update alphas, then weights, as soon as the batches of an update are complete."""
        self._window.append(batch)
        if len(self._window) < self.accumulate and not self.trainer.is_last_batch:
            return
        window, self._window = self._window, []
        if self._trains_arch():
            self.log("arch/loss", self._step("arch", window), prog_bar=True)
            if self.current_epoch >= (1 - self.arch_average) * (self.trainer.max_epochs or 0):
                self.algorithm.update_average()
        self.log("train/loss", self._step("weights", window), prog_bar=True)
        self.log("train/lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        advance(self.trainer, "step")
        self.search_step += 1

    def _trains_arch(self) -> bool:
        if self.arch_optimizer is None or self.search_step % self.arch_every:
            return False
        return self.current_epoch >= self.arch_warmup * (self.trainer.max_epochs or 0)

    def _step(self, purpose: str, window: list[Any]) -> Tensor:
        """Step one optimizer along the mean gradient of an update, and return the mean loss."""
        self.zero_grad(set_to_none=True)
        loss = self._arch_backward(window) if purpose == "arch" else self._weight_backward(window)
        optimizers = self.optimizers()
        (optimizers[purpose == "arch"] if isinstance(optimizers, list) else optimizers).step()
        return loss

    def _arch_backward(self, window: list[Any]) -> Tensor:
        pairs, step = [batch["arch"] for batch in window], self.search_step
        if self.unrolled:
            training = [weight_part(batch) for batch in window]
            return Unrolled(self, self.objective, step, training).backward(pairs)
        with frozen(self.supernet.parameters()):
            losses = self.objective.losses("arch", pairs, step)
            return backward_mean(self, losses, exchanges_last=False)

    def _weight_backward(self, window: list[Any]) -> Tensor:
        pairs, step = [weight_part(batch) for batch in window], self.search_step
        losses = self.objective.losses("weights", pairs, step)
        # Only a relaxation is sure to reach every weight, as DDP's own exchange demands.
        by_ddp = self.objective.is_relaxed("weights", step)
        loss = backward_mean(self, losses, exchanges_last=by_ddp)
        self.objective.leave_out(step)
        return loss

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add where the search stands, and which space it searches."""
        checkpoint[SEARCH] = search_state(self.search_step, self.supernet.space)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up where the search stood.

        Raises:
            ValueError: If the checkpoint is of something else, or of another search space.
        """
        self.search_step = read_search_state(checkpoint, self.supernet.space)
