"""Checks of a module's options, each with an error that says what to change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Trainer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from tangle.algorithms.base import SearchAlgorithm

log = logging.getLogger(__name__)

_COARSE = ("16-true", "bf16-true", "16-mixed", "transformer-engine-float16")
"""Precisions whose weights, or whose scaled gradients, are too coarse for small differences."""


def at_least(least: int, name: str, value: int) -> int:
    """Return the value of an option that has a lower limit.

    Raises:
        ValueError: If it is below.
    """
    if value < least:
        raise ValueError(f"{name} is {value}: it must be at least {least}")
    return value


def positive_or_none(name: str, value: float | None) -> float | None:
    """Return the value of an option that is a positive number, or None for no limit.

    Raises:
        ValueError: If it is neither.
    """
    if value is not None and not value > 0:
        raise ValueError(f"{name} is {value}: it must be above 0, or null for no limit")
    return value


def share(name: str, value: float) -> float:
    """Return the value of an option that is a share.

    Raises:
        ValueError: If it is not in [0, 1].
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}: it must be in [0, 1]")
    return value


def check_arch_optimizer(
    algorithm: SearchAlgorithm, arch_optimizer: Any, arch_scheduler: Any = None
) -> None:
    """Check that there is an optimizer of architecture parameters exactly if there are any.

    Raises:
        ValueError: If there is one without the other, or a schedule without an optimizer.
    """
    name = type(algorithm).__name__
    has_parameters = any(True for _ in algorithm.parameters())
    if has_parameters and arch_optimizer is None:
        raise ValueError(
            f"The algorithm {name} has architecture parameters, but arch_optimizer is not given: "
            "set arch_optimizer, or choose an algorithm without parameters"
        )
    if not has_parameters and arch_optimizer is not None:
        raise ValueError(
            f"arch_optimizer is given, but the algorithm {name} has no architecture parameters: "
            "remove arch_optimizer, or choose an algorithm with parameters"
        )
    if arch_scheduler is not None and arch_optimizer is None:
        raise ValueError(
            f"arch_scheduler is given, but the algorithm {name} has no architecture parameters "
            "whose learning rate it could set: remove arch_scheduler, or choose an algorithm with "
            "parameters"
        )


def check_unrolled(algorithm: SearchAlgorithm, distillation: float) -> None:
    """Check that there is something to unroll, and that its gradient is complete.

    Raises:
        ValueError: If there are no alphas, or weights learn from an output that depends on alphas.
    """
    name = type(algorithm).__name__
    if not any(True for _ in algorithm.parameters()):
        raise ValueError(
            f"unrolled is true, but the algorithm {name} has no architecture parameters: "
            "set unrolled to false, or choose an algorithm with parameters"
        )
    if distillation > 0:
        raise ValueError(
            f"unrolled is true and distillation is {distillation}: the teacher's part in the "
            "second-order gradient is left out, so set one of them to false or 0"
        )


def check_imitated(algorithm: SearchAlgorithm, distillation: float, *, several: bool) -> None:
    """Check that distillation has a teacher and others that imitate it.

    Args:
        algorithm: The algorithm.
        distillation: The option.
        several: Whether the algorithm draws several architectures in an update.

    Raises:
        ValueError: If a single architecture is drawn, which has none to imitate.
    """
    if distillation > 0 and not several:
        raise ValueError(
            f"distillation is {distillation}, but the algorithm {type(algorithm).__name__} draws "
            "one architecture in an update, which has none to imitate: set distillation to 0, or "
            "choose an algorithm that draws several, such as Sandwich or OFA"
        )


def check_arch_data(algorithm: SearchAlgorithm, loaders: Any) -> None:
    """Check that the training data have a part for architecture parameters.

    Raises:
        ValueError: If they have not.
    """
    if not isinstance(loaders, Mapping) or "arch" not in loaders:
        raise ValueError(
            f"The algorithm {type(algorithm).__name__} trains architecture parameters, but the "
            "training data have no part for them: set the data's arch_fraction above 0, or give "
            'the loaders {"weights": ..., "arch": ...}'
        )


def limited_epochs(trainer: Trainer, what: str) -> int:
    """Return the number of epochs of a run.

    Args:
        trainer: The trainer.
        what: What goes by it, for the message.

    Raises:
        ValueError: If it has no limit.
    """
    epochs = trainer.max_epochs
    if epochs is None or epochs < 0:
        raise ValueError(
            f"{what} goes by the share of the epochs that are done, but their number has no limit: "
            "set trainer.max_epochs"
        )
    return epochs


def check_epochs(trainer: Trainer, algorithm: SearchAlgorithm, shares: Mapping[str, float]) -> None:
    """Check that the number of epochs has a limit, where something of a search goes by it.

    Args:
        trainer: The trainer.
        algorithm: The algorithm.
        shares: Values of options that are shares of the epochs, by name.

    Raises:
        ValueError: If it has none.
    """
    for name, value in shares.items():
        if value > 0:
            limited_epochs(trainer, f"{name} is {value}, which")
    if type(algorithm).anneal is not SearchAlgorithm.anneal:
        limited_epochs(trainer, f"The algorithm {type(algorithm).__name__}")


def check_trainer(trainer: Trainer, *, unrolled: bool = False) -> None:
    """Check the trainer's options that a search can't work with, or has options of its own for.

    Raises:
        ValueError: Names the option to use.
    """
    if trainer.gradient_clip_val is not None:
        raise ValueError(
            f"trainer.gradient_clip_val is {trainer.gradient_clip_val}, but a search clips the "
            "gradients of weights and alphas apart: use weight_clip and arch_clip of SearchModule"
        )
    if trainer.accumulate_grad_batches != 1:
        raise ValueError(
            f"trainer.accumulate_grad_batches is {trainer.accumulate_grad_batches}, but a search "
            "accumulates by itself: use accumulate of SearchModule"
        )
    if getattr(trainer.strategy, "_layer_sync", None) is not None:
        raise ValueError(
            "trainer.sync_batchnorm is true, but torch's synchronised layer has one width, and "
            "would replace those with choices: leave it false, or search a network with layer or "
            "group normalisation"
        )
    if trainer.max_steps != -1 and not trainer.fast_dev_run:  # type: ignore[attr-defined]
        log.warning(
            "trainer.max_steps is %d, and counts the steps of both optimizers: an update of the "
            "weights and one of the architecture are two",
            trainer.max_steps,
        )
    if unrolled and trainer.precision in _COARSE:
        raise ValueError(
            f"unrolled is true and trainer.precision is {trainer.precision}: the second-order "
            "gradient is a small difference, so use 32-true, 64-true or bf16-mixed"
        )


def check_scheduler(scheduler: Any, name: str = "scheduler") -> None:
    """Check that a schedule advances without being told a metric.

    Raises:
        ValueError: If it waits for a plateau.
    """
    if isinstance(scheduler, ReduceLROnPlateau):
        raise ValueError(
            f"{name} is ReduceLROnPlateau, which follows a metric, but a search advances its "
            "schedule by epochs or steps: use one such as CosineAnnealingLR"
        )
