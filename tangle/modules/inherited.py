"""What architectures are worth with the weights of their supernet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tangle.core import Architecture
from tangle.modules.batches import Pair
from tangle.modules.recalibrate import has_statistics, recalibrate
from tangle.modules.task import Task
from tangle.nn import Supernet

_TOGETHER = 2**22
"""Numbers in the outputs that the metrics look at in one go."""


class Inherited:
    """Judges architectures by slices of a trained supernet, without copying or training a weight.

    Networks are in evaluation mode. Those with batch normalisation get running statistics of
    their own first; the supernet has its own back afterwards, and its mode.

    Args:
        supernet: The trained supernet.
        task: Gives the metrics.
        batches: Pairs `(x, y)` to judge by, passed over for each architecture.
        calibration: Inputs to take running statistics from, passed over for each architecture;
            none of them leaves the supernet's.
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
        self._metrics = task.metrics().to(next(supernet.parameters()).device)
        self._has_statistics = has_statistics(supernet)

    def __call__(self, arch: Architecture) -> dict[str, float]:
        """Return the task's metrics of an architecture, by name."""
        with torch.inference_mode(), _evaluating(self.supernet), self._calibrated(arch):
            self._metrics.reset()
            for output, target in _joined(self._outputs(arch)):
                self._metrics.update(output, target)
            return {name: float(value) for name, value in self._metrics.compute().items()}

    def _outputs(self, arch: Architecture) -> Iterator[Pair]:
        network = partial(self.supernet, arch=arch)
        for inputs, target in self.batches:
            yield network(inputs), target

    @contextmanager
    def _calibrated(self, arch: Architecture) -> Iterator[None]:
        """Give the sliced network statistics of its own, and take them back in the end."""
        if not self._has_statistics:
            yield
            return
        norms = [m for m in self.supernet.modules() if isinstance(m, _BatchNorm)]
        before = [(buffer, buffer.clone()) for norm in norms for buffer in norm.buffers()]
        try:
            recalibrate(_Sliced(self.supernet, arch), self.calibration)
            yield
        finally:
            for buffer, value in before:
                buffer.copy_(value)


class _Sliced(nn.Module):
    """The supernet at one architecture, as a network of its input alone."""

    def __init__(self, supernet: Supernet, arch: Architecture) -> None:
        super().__init__()
        self.supernet = supernet
        self.arch = arch

    def forward(self, x: Any) -> Any:
        return self.supernet(x, self.arch)


def _joined(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the pairs, small tensors of several as one.

    A metric takes as long for a small batch as for a large one, and a small network no longer.
    """
    for _, group in groupby(_numbered(pairs), key=lambda entry: entry[0]):
        outputs, targets = zip(*(pair for _, pair in group), strict=True)
        if len(outputs) == 1:
            yield outputs[0], targets[0]
        else:
            yield torch.cat(outputs), torch.cat(targets)


def _numbered(pairs: Iterable[Pair]) -> Iterator[tuple[int, Pair]]:
    """Yield each pair with the number of the group in which it is joined."""
    number, room = 0, 0
    shape: object = None
    for pair in pairs:
        batched = all(isinstance(part, Tensor) and part.ndim > 0 for part in pair)
        this = [(part.shape[1:], part.dtype) for part in pair] if batched else None
        if this is None or this != shape or room <= 0:
            number, room, shape = number + 1, _TOGETHER, this
        if this is not None:
            room -= pair[0].numel()
        yield number, pair


@contextmanager
def _evaluating(net: nn.Module) -> Iterator[None]:
    modes: Mapping[nn.Module, bool] = {module: module.training for module in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
