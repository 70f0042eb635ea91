"""Whether a network can be searched, with the data that it is to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning.pytorch import Trainer
from torch import Tensor
from torch.utils._pytree import tree_map

from tangle.metrics import check_exact
from tangle.metrics.exact_trial import Role
from tangle.modules.fit_check import check_fits
from tangle.modules.task import Task
from tangle.nn import Supernet

_SECONDS = 5.0
"""After which no further architecture is compared: a search is to begin soon."""


def check_search(
    trainer: Trainer, supernet: Supernet, task: Task, pair: Any, roles: Sequence[Role]
) -> None:
    """Check that a network takes the data, and is the same in each role that a search needs.

    Only the first rank looks, and tells the others, so that all of them end.

    Args:
        trainer: The trainer.
        supernet: The supernet.
        task: The task.
        pair: A batch, looked at if it is of inputs and targets.
        roles: What is to be the same as the sliced network.

    Raises:
        ValueError: If it does not, or is not; names the layer and what to change.
    """
    fault = None
    if trainer.is_global_zero and isinstance(pair, tuple | list) and len(pair) == 2:
        try:
            x, target = tree_map(_few, tuple(pair))
            check_fits(supernet.extract(supernet.space.largest()), task, (x, target))
            check_exact(supernet, x, roles=roles, training=False, budget=_SECONDS)
        except ValueError as error:
            fault = str(error)
    if (fault := trainer.strategy.broadcast(fault)) is not None:
        raise ValueError(fault)


def _few(part: object) -> object:
    return part[:2] if isinstance(part, Tensor) and part.dim() else part
