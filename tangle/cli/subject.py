"""A trained supernet as what a second stage searches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch import nn

from tangle.cli.costs import COSTS, Cost, cost_functions
from tangle.core import Architecture, SearchSpace
from tangle.modules import Inherited, SearchModule
from tangle.modules.batches import Pair, weight_part
from tangle.modules.kept_batches import KeptBatches
from tangle.selection import Objective


class Subject:
    """A trained supernet and its data: what candidates are worth, and what they cost.

    Args:
        module: The search that trained the supernet.
        data: The data it was trained on.
        device: Where networks run; `auto` means a GPU if there is one.
        latency_batch: Inputs in a forward whose time is taken.
        val_batches: Validation batches that judge an architecture; None takes all.

    Raises:
        ValueError: If the device does not exist, or there are no validation data.
    """

    def __init__(
        self,
        module: SearchModule,
        data: LightningDataModule,
        *,
        device: str = "auto",
        latency_batch: int = 1,
        val_batches: int | None = None,
    ) -> None:
        for name, value in (("latency_batch", latency_batch), ("val_batches", val_batches)):
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}: it must be at least 1")
        self.module = module.to(_device(device)).eval()
        self.space: SearchSpace = module.supernet.space
        self._data = data
        self._latency_batch = latency_batch
        data.prepare_data()
        data.setup("fit")
        self._val_batches = val_batches
        self._batches = KeptBatches(lambda: _validation(data), module.device, count=val_batches)
        self._example = self._first()[0]

    def _first(self) -> Pair:
        first: Pair | None = next(iter(self._batches), None)
        if first is None:
            raise ValueError(
                "The run keeps no validation data to judge architectures by: train its supernet "
                "with the data's val_fraction above 0"
            )
        return first

    @cached_property
    def costs(self) -> dict[str, Cost]:
        """Each cost as a function of the architecture."""
        return cost_functions(
            self.module.supernet, self._example, latency_batch=self._latency_batch
        )

    def objectives(self, names: Sequence[str]) -> list[Objective]:
        """Return the objectives of some names.

        Raises:
            ValueError: If a name is neither a metric of the task nor a cost, or it is not known
                whether more of a metric is better.
        """
        task = self.module.task
        better = {name: metric.higher_is_better for name, metric in task.metrics().items()}
        better |= {task.monitor: task.larger_is_better} | dict.fromkeys(COSTS, False)
        if unknown := [name for name in names if name not in better]:
            raise ValueError(
                f"There is no objective {unknown[0]!r}: choose from {', '.join(better)}"
            )
        if vague := [name for name in names if better[name] is None]:
            raise ValueError(
                f"The objective {vague[0]!r} does not say whether more of it is better: set "
                "higher_is_better of that metric, or choose another"
            )
        if "latency" in names and self._latency_batch > len(self._example):
            raise ValueError(
                f"latency_batch is {self._latency_batch}, but a validation batch has only "
                f"{len(self._example)} inputs: give at most as many"
            )
        return [Objective(name, bool(better[name])) for name in names]

    def scorer(self, objectives: Sequence[Objective]) -> Callable[[Architecture], dict[str, float]]:
        """Return what judges an architecture: all metrics, and those costs that are objectives."""
        judge = Inherited(
            self.module.supernet, self.module.task, self._batches, self._calibration()
        )
        costs = {o.name: self.costs[o.name] for o in objectives if o.name in COSTS}
        return lambda arch: judge(arch) | {name: cost(arch) for name, cost in costs.items()}

    def _calibration(self) -> Iterable[Any]:
        return KeptBatches(
            lambda: _training_inputs(self._data), self.module.device,
            count=self.module.calibration_batches,
        )  # fmt: skip

    def identity(self, *, latency: bool) -> dict[str, Any]:
        """Return what scores depend on, in plain values: weights, batches, the latency's batch."""
        identity: dict[str, Any] = {"weights": _digest(self.module.supernet)}
        if self._val_batches is not None:
            identity["val_batches"] = self._val_batches
        return {**identity, "latency_batch": self._latency_batch} if latency else identity


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=name)
        return torch.device(name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device is {name!r}, which is not to be had: {reason}") from None


def _validation(data: LightningDataModule) -> Iterator[Pair]:
    loaders = data.val_dataloader()
    return chain.from_iterable(loaders) if isinstance(loaders, list | tuple) else iter(loaders)


def _training_inputs(data: LightningDataModule) -> Iterator[Any]:
    loader = data.train_dataloader()
    for inputs, _ in weight_part(getattr(loader, "iterables", loader)):
        yield inputs


def _digest(net: nn.Module) -> str:
    """Return sixteen hexadecimal digits of a network's weights."""
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in net.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
