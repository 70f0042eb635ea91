"""What a search and a subnet share: networks that are validated, tested and asked to predict."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from lightning.pytorch import LightningModule
from torchmetrics import MetricCollection

from tangle.modules.batches import Pair
from tangle.modules.task import Task

Network = Callable[[Any], Any]


class Evaluated(LightningModule, ABC):
    """A module that has networks to evaluate, each under a name.

    Metrics are logged as `<stage>/<name>/<metric>`, or `<stage>/<metric>` for the name "".

    Args:
        task: Loss and metrics.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self._networks: Mapping[str, Network] = {}
        self._metrics: Mapping[str, MetricCollection] = {}

    @abstractmethod
    def networks(self, stage: str) -> Mapping[str, Network]:
        """Return the networks to evaluate now, the preferred one first.

        Args:
            stage: `val`, `test` or `predict`.
        """

    def _start(self, stage: str) -> None:
        self._networks = self.networks(stage)
        self._metrics = {name: self.task.metrics().to(self.device) for name in self._networks}

    def _update(self, batch: Pair) -> None:
        inputs, target = batch
        for name, network in self._networks.items():
            self._metrics[name].update(network(inputs), target)

    def _finish(self, stage: str) -> None:
        for name, metrics in self._metrics.items():
            prefix = f"{stage}/{name}/" if name else f"{stage}/"
            for metric, value in metrics.compute().items():
                is_main = metric == self.task.monitor
                self.log(prefix + metric, value, prog_bar=is_main, sync_dist=True)
        self._networks, self._metrics = {}, {}

    def on_validation_epoch_start(self) -> None:
        """Take the networks of now."""
        self._start("val")

    def validation_step(self, batch: Pair, batch_idx: int) -> None:
        """Judge the networks on a batch `(x, y)`."""
        self._update(batch)

    def on_validation_epoch_end(self) -> None:
        """Log the metrics."""
        self._finish("val")

    def on_test_epoch_start(self) -> None:
        """Take the networks of now."""
        self._start("test")

    def test_step(self, batch: Pair, batch_idx: int) -> None:
        """Judge the networks on a batch `(x, y)`."""
        self._update(batch)

    def on_test_epoch_end(self) -> None:
        """Log the metrics."""
        self._finish("test")

    def on_predict_epoch_start(self) -> None:
        """Take the networks of now."""
        self._start("predict")

    def predict_step(self, batch: Any, batch_idx: int) -> Any:
        """Return the preferred network's answer to a batch `(x, y)` or `x`."""
        network = next(iter(self._networks.values()))
        return self.task.predict(network, batch[0] if isinstance(batch, list | tuple) else batch)
