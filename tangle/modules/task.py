"""What a network is trained for: its loss and its metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from torch import Tensor

from tangle.modules.cross_entropy import soft_cross_entropy

if TYPE_CHECKING:
    from torchmetrics import MetricCollection

Metrics: TypeAlias = "MetricCollection"
"""What a task is judged by; in quotes, as torchmetrics takes longer to import than torch."""


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
    def metrics(self) -> Metrics:
        """Return new metrics, updated by `(output, target)`."""

    def predict(self, network: Callable[[Any], Any], inputs: Any) -> Any:
        """Return what a network answers to inputs: its output, unless a task says otherwise."""
        return network(inputs)

    def imitation(self, output: Tensor, teacher: Tensor) -> Tensor:
        """Return the mean cross-entropy, in nats, of logits for those of a teacher `[..., K]`.

        It has the gradient of the Kullback-Leibler divergence from the teacher's distribution.
        """
        return soft_cross_entropy(output, teacher)
