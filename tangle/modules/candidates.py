"""What the architectures of a trained supernet are worth with inherited weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torchmetrics import MetricCollection

from tangle.core import Architecture
from tangle.modules.batches import Pair
from tangle.modules.recalibrate import has_statistics, recalibrate
from tangle.modules.task import Task
from tangle.nn import Supernet


class Candidates:
    """Judges architectures by slices of a supernet's weights; nothing is copied.

    A network with batch normalisation gets running statistics of its own for each architecture, in
    the place of the supernet's, which come back when the block of `evaluating` ends.

    Args:
        supernet: The trained supernet, on the device of the batches.
        task: Gives the metrics.
        batches: Inputs and targets to judge by; they are gone through for each architecture.
        calibration: Training inputs for running statistics; without any, the supernet's are used.
    """

    def __init__(
        self,
        supernet: Supernet,
        task: Task,
        batches: Iterable[Pair],
        calibration: Iterable[Any] = (),
    ) -> None:
        self.supernet = supernet
        self.batches = batches
        self.calibration = calibration
        self._metrics: MetricCollection = task.metrics()
        self._calibrates = has_statistics(supernet)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Put the supernet into evaluation mode, and leave it as it was."""
        modes = [(module, module.training) for module in self.supernet.modules()]
        buffers = {name: value.clone() for name, value in self.supernet.named_buffers()}
        self.supernet.eval()
        try:
            with torch.inference_mode():
                yield
        finally:
            with torch.no_grad():
                for name, value in self.supernet.named_buffers():
                    value.copy_(buffers[name])
            for module, mode in modes:
                module.training = mode

    def __call__(self, arch: Architecture) -> dict[str, float]:
        """Return the metrics of an architecture, within a block of `evaluating`."""
        network = partial(self.supernet, arch=arch)
        if self._calibrates:
            recalibrate(self.supernet, self.calibration, network)
        self._metrics.reset()
        for inputs, target in self.batches:
            self._metrics.update(network(inputs), target)
        return {name: float(value) for name, value in self._metrics.compute().items()}
