"""What a network is trained for: its loss and its metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor
from torchmetrics import MetricCollection


class Task(ABC):
    """A loss to minimise, and metrics to judge a network by.

    Attributes:
        monitor: Name of the metric that tells which of two networks is better.
        larger_is_better: Whether more of it is better.
    """

    monitor: str
    larger_is_better: bool

    @abstractmethod
    def loss(self, output: Any, target: Any) -> Tensor:
        """Return the mean loss of a batch, a scalar."""

    @abstractmethod
    def metrics(self) -> MetricCollection:
        """Return new metrics, updated by `(output, target)`."""
