"""What any of several ranks says, without making an accelerator wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor, distributed


class Agreement:
    """Asks after every update whether any rank says yes, and learns it by the next one.

    An exchange on accelerators would have the host wait for all work that they have been given.
    Here hosts exchange, through a group of their own, while the next update runs. All ranks get the
    same answers at the same time. A single process answers itself at once.
    """

    def __init__(self) -> None:
        self._group: Any = None
        self._pending: tuple[Any, Tensor] | None = None

    def open(self, trainer: Trainer) -> None:
        """Get ready for a run; all ranks must do so together."""
        self._pending = self._group = None
        if trainer.world_size > 1 and distributed.is_initialized():
            self._group = distributed.new_group(backend="gloo")

    def lately(self, says: Sequence[bool]) -> list[bool]:
        """Return for each question whether any rank said yes when last asked, and ask again.

        After a yes nothing is asked until the next call: what it leads to comes first.

        Args:
            says: What this rank says; as many questions each time.
        """
        if self._group is None:
            return list(says)
        answers = self._answers() or [False] * len(says)
        if not any(answers):
            flags = torch.tensor(says, dtype=torch.int32)
            work = distributed.all_reduce(flags, group=self._group, async_op=True)
            self._pending = work, flags
        return answers

    def now(self, says: bool) -> bool:
        """Return whether any rank says yes; waits for all of them."""
        self._answers()
        if self._group is None:
            return says
        flag = torch.tensor(says, dtype=torch.int32)
        distributed.all_reduce(flag, group=self._group)
        return bool(flag)

    def _answers(self) -> list[bool] | None:
        if self._pending is None:
            return None
        work, flags = self._pending
        self._pending = None
        work.wait()
        return [bool(flag) for flag in flags]
