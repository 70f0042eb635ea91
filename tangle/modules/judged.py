"""Networks as they are, to be validated and tested."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from tangle.modules.evaluated import Evaluated, Network
from tangle.modules.task import Task


class JudgedNetworks(Evaluated):
    """Networks that are only judged, side by side on the same batches.

    Args:
        task: Loss and metrics.
        judged: Plain networks by name.
    """

    def __init__(self, task: Task, judged: Mapping[str, nn.Module]) -> None:
        super().__init__(task)
        self.judged = nn.ModuleDict(judged)

    def networks(self, stage: str) -> dict[str, Network]:
        """Return all of them."""
        return dict(self.judged.items())
