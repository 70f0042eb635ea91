"""Whether a task knows as many classes as the data have."""

from __future__ import annotations

from lightning.pytorch import Trainer

from tangle.modules.task import Task


def check_classes(trainer: Trainer, task: Task) -> None:
    """Check that a task has a class for each of the data module's, where both tell their number.

    More are allowed, as those of a network that was trained elsewhere.

    Raises:
        ValueError: If it has fewer.
    """
    data = getattr(trainer, "datamodule", None)
    ours, theirs = (getattr(part, "num_classes", None) for part in (task, data))
    if ours is not None and theirs is not None and ours < theirs:
        raise ValueError(
            f"{type(data).__name__} has {theirs} classes, but the task's num_classes is {ours}: "
            f"set num_classes of task and net to {theirs}"
        )
