"""A problem with a known answer, small enough to search in a second, for tests and subprocesses.

Four classes lie at the corners of a square. A network of one hidden unit can't tell them apart, one
of eight can: wide is better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor, distributed, nn

import tangle.nn as tnn
from tangle.algorithms import SPOS, DrNAS, SearchAlgorithm
from tangle.benchmarks import Benchmark
from tangle.core import Architecture, Choice, SearchSpace
from tangle.modules import Classification, SearchModule
from tangle.nn import Supernet

CLASSES = 4
BEST_WIDTH = 8


class PlantedNet(nn.Module):
    """Tells four classes apart, which the narrow version, of one hidden unit, cannot."""

    def __init__(
        self, narrow: int = 1, wide: int = BEST_WIDTH, norm: bool = False,
        between: Sequence[int] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        width = Choice("width", (narrow, *between, wide))
        self.layers = nn.Sequential(
            tnn.Linear(4, width),
            tnn.BatchNorm1d(width) if norm else nn.Identity(),
            nn.Tanh(),
            tnn.Linear(width, CLASSES),
        )
        self.init_weights()

    def init_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="linear")
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def planted_pair(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Four clusters at the corners of a square in two of four dimensions."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(CLASSES, (count,), generator=generator)
    corners = torch.tensor([[1.0, 1], [1, -1], [-1, -1], [-1, 1]])
    noise = torch.randn(count, 4, generator=generator)
    noise[:, :2] = corners[target] + 0.3 * noise[:, :2]
    return noise, target


class Loader:
    """Batches whose order is a function of (seed, epoch), and that resumes inside an epoch."""

    def __init__(self, pair: tuple[Tensor, Tensor], batch_size: int, seed: int) -> None:
        self.pair, self.batch_size, self.seed = pair, batch_size, seed
        self.sampler = self  # Lightning tells the sampler which epoch it is
        self.batch_sampler = None
        self.epoch = self.done = self.skip = 0
        self.rank, self.ranks = 0, 1
        if distributed.is_initialized():
            self.rank, self.ranks = distributed.get_rank(), distributed.get_world_size()

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.pair[0]) // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        # A generator starts at its first next, after Lightning has set the epoch.
        generator = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        order = torch.randperm(len(self.pair[0]), generator=generator)
        start, self.skip = self.skip, 0
        for number in range(start, len(self)):
            part = order[number * self.batch_size : (number + 1) * self.batch_size]
            part = part[self.rank :: self.ranks]
            self.done = number + 1
            yield tuple(tensor[part] for tensor in self.pair)

    def state_dict(self) -> dict[str, int]:
        return {"done": self.done % len(self)}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.skip = state["done"]


class PlantedData(LightningDataModule):
    """Three roles, three loaders, as a bi-level data module has them."""

    def __init__(
        self, batch_size: int = 16, batches: int = 6, seed: int = 0, arch_fraction: float = 0.5
    ) -> None:
        super().__init__()
        self.batch_size, self.batches, self.seed = batch_size, batches, seed
        self.arch_fraction = arch_fraction

    def _loader(self, seed: int) -> Loader:
        pair = planted_pair(self.batch_size * self.batches, 10 * self.seed + seed)
        return Loader(pair, self.batch_size, seed)

    def train_dataloader(self) -> CombinedLoader:
        loaders = {"weights": self._loader(1)}
        if self.arch_fraction > 0:
            loaders["arch"] = self._loader(2)
        return CombinedLoader(loaders, "min_size")

    def val_dataloader(self) -> Loader:
        return self._loader(3)

    def test_dataloader(self) -> Loader:
        return self._loader(4)

    def predict_dataloader(self) -> Loader:
        return self._loader(4)


def make_search(
    algorithm: Callable[[SearchSpace], SearchAlgorithm] = DrNAS,
    net: nn.Module | None = None,
    **options: Any,
) -> SearchModule:
    """A search of the planted problem; an optimizer of alphas comes with those that need one."""
    if algorithm is not SPOS:
        options.setdefault("arch_optimizer", partial(torch.optim.Adam, lr=0.02))
    options.setdefault("weight_optimizer", partial(torch.optim.SGD, lr=0.1, momentum=0.9))
    torch.manual_seed(0)
    return SearchModule(
        net or PlantedNet(), Classification(CLASSES), algorithm=algorithm, **options
    )


def make_trainer(
    folder: Path | str = ".", epochs: int = 1, callbacks: Sequence[Callback] = (), **options: Any
) -> Trainer:
    """A trainer on the CPU that says and writes nothing by itself."""
    options = {"logger": False, "enable_progress_bar": False, "num_sanity_val_steps": 0} | options
    # Without a checkpoint callback of ours Lightning would write its own.
    keeps = any(isinstance(callback, Checkpoint) for callback in callbacks)
    return Trainer(
        accelerator="cpu", max_epochs=epochs, default_root_dir=folder, callbacks=list(callbacks),
        enable_checkpointing=keeps, enable_model_summary=False, use_distributed_sampler=False,
        log_every_n_steps=1, **options,
    )  # fmt: skip


def snapshot(module: nn.Module) -> dict[str, Tensor]:
    """A copy of all parameters and buffers."""
    return {name: value.clone() for name, value in module.state_dict().items()}


class Killed(Exception):
    """Stands for the end of the process."""


class KillAt(Callback):
    """Ends a fit at the start of a batch."""

    def __init__(self, epoch: int, batch: int) -> None:
        self.when = (epoch, batch)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if (trainer.current_epoch, batch_idx) == self.when:
            raise Killed


class PlantedTable(Benchmark):
    """Knows that the wider network is the better one."""

    metric = "width"

    def __init__(self) -> None:
        self.space = Supernet(PlantedNet()).space

    def query(self, arch: Architecture) -> dict[str, float]:
        return {"loss": 0.0, "width": float(arch["width"]), "regret": 0.0}
