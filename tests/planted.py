"""A problem with a known answer, small enough to search in a second, for tests and subprocesses.

The target is a function of four inputs of which the network sees two in its narrow version: wide
is better. The depth of a stack of blocks that do harm should be zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice

CLASSES = 4
BEST_WIDTH = 8


class PlantedNet(nn.Module):
    """Tells four classes apart, which the narrow version, of one hidden unit, cannot."""

    def __init__(self, narrow: int = 1, wide: int = BEST_WIDTH, norm: bool = False) -> None:
        super().__init__()
        width = Choice("width", (narrow, wide))
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
