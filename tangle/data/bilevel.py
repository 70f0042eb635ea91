"""The data module of a bi-level search: three roles, three loaders."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, partial

import torch
from lightning.pytorch import LightningDataModule
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor, distributed

from tangle.data.loader import EpochLoader
from tangle.data.order import endless, mix_seed, one_pass
from tangle.data.sampler import EpochSampler
from tangle.data.sources import BatchDataset, Sources
from tangle.data.split import Split


class BilevelDataModule(LightningDataModule, ABC):
    """Divides a training set into disjoint parts for network weights, architecture and validation.

    The test set is used for testing and prediction alone. A training epoch is one pass over the
    weight part; beside it runs the architecture part, an endless stream in batches as many and as
    large. The split depends on `seed`, orders and augmentation on (seed, epoch), so all ranks agree
    and a resumed run sees the batches that the uninterrupted one would have seen.

    Args:
        batch_size: largest number of samples in a batch, per rank; those of an epoch differ by at
            most one sample.
        arch_fraction: share of the training samples left by validation that train the
            architecture, in [0, 1). With 0 all of them train the weights, as in final training.
        val_fraction: share of the training samples kept for validation, in [0, 1). With 0 there is
            no validation.
        seed: of split, order and augmentation.
        num_workers: processes per loader that make batches; they start once.
        drop_last: makes every weight batch exactly `batch_size`, leaving out less than a batch of
            samples, others in each epoch.
        repeats: how often a sample of the weight part occurs in a row, each time augmented anew
            (repeated augmentation; AutoFormer: 3). An epoch stays as long, so it holds one in
            `repeats` of the samples, and so many epochs hold all of them.
    """

    def __init__(
        self,
        *,
        batch_size: int = 64,
        arch_fraction: float = 0.5,
        val_fraction: float = 0.1,
        seed: int = 0,
        num_workers: int = 0,
        drop_last: bool = False,
        repeats: int = 1,
    ) -> None:
        super().__init__()
        self.batch_size = _at_least(1, "batch_size", batch_size)
        self.arch_fraction = _fraction("arch_fraction", arch_fraction)
        self.val_fraction = _fraction("val_fraction", val_fraction)
        self.seed = _at_least(0, "seed", seed)
        self.num_workers = _at_least(0, "num_workers", num_workers)
        self.drop_last = drop_last
        self.repeats = _at_least(1, "repeats", repeats)
        self._loaders: dict[str, EpochLoader] = {}

    @property
    def num_classes(self) -> int | None:
        """Number of classes; None where there are none."""
        return None

    @abstractmethod
    def load(self) -> Sources:
        """The samples, from disk or memory; called once per process, before training."""

    @cached_property
    def sources(self) -> Sources:
        """The samples, read at the first use."""
        return self.load()

    @cached_property
    def split(self) -> Split:
        """The role of each training sample."""
        labels = self.sources.labels
        return Split.draw(
            torch.zeros(len(self.sources.train)) if labels is None else labels,
            arch_fraction=self.arch_fraction,
            val_fraction=self.val_fraction,
            seed=self._seed_of("split"),
            stretch=self.sources.stretch,
        )

    def setup(self, stage: str) -> None:
        """Reads the samples and refuses a part that is too small, before anything trains."""
        batch = self.batch_size * _world_size()
        least = {
            "weights": batch,
            "arch": batch if self.arch_fraction > 0 else 0,
            "val": _world_size() if self.val_fraction > 0 else 0,
        }
        sizes = {part: len(indices) for part, indices in vars(self.split).items()}
        for part, number in least.items():
            if sizes[part] < number:
                raise ValueError(
                    f"the {part} part holds {sizes[part]} samples and needs at least {number} "
                    f"(batch_size {self.batch_size}, {_world_size()} ranks). The parts are "
                    f"{sizes}, from arch_fraction {self.arch_fraction} and "
                    f"val_fraction {self.val_fraction}: change one of these, lower batch_size, "
                    "or add data"
                )

    def train_dataloader(self) -> CombinedLoader:
        """Batches {"weights": ..., "arch": ...}; without "arch" when `arch_fraction` is 0."""
        num_batches = self._num_batches(len(self.split.weights), drop_last=self.drop_last)
        order = partial(
            one_pass, part=self.split.weights, seed=self._seed_of("weights"), repeats=self.repeats
        )
        loaders = {"weights": self._loader("weights", self.sources.train, order, num_batches)}
        if self.arch_fraction > 0:
            stream = partial(
                endless,
                part=self.split.arch,
                seed=self._seed_of("arch"),
                length=num_batches * self.batch_size * _world_size(),
            )
            loaders["arch"] = self._loader("arch", self.sources.train, stream, num_batches)
        return CombinedLoader(loaders, "min_size")

    def val_dataloader(self) -> EpochLoader | list[EpochLoader]:
        """Validation batches, without augmentation; an empty list when `val_fraction` is 0."""
        if self.val_fraction == 0:
            return []
        return self._in_order("val", self.sources.plain, self.split.val)

    def test_dataloader(self) -> EpochLoader:
        """Test batches, in the order of the test set."""
        return self._in_order("test", self.sources.test, torch.arange(len(self.sources.test)))

    def predict_dataloader(self) -> EpochLoader:
        """The batches of `test_dataloader`."""
        return self.test_dataloader()

    def teardown(self, stage: str) -> None:
        """Stops the workers of all loaders."""
        while self._loaders:
            self._loaders.popitem()[1].close()

    def _in_order(self, part: str, dataset: BatchDataset, indices: Tensor) -> EpochLoader:
        return self._loader(part, dataset, lambda _: indices, self._num_batches(len(indices)))

    def _loader(
        self, part: str, dataset: BatchDataset, order: Callable[[int], Tensor], num_batches: int
    ) -> EpochLoader:
        sampler = EpochSampler(
            order,
            num_batches,
            batch_size=self.batch_size,
            seed=self._seed_of(part),
            rank=_rank(),
            world_size=_world_size(),
        )
        if part in self._loaders:
            self._loaders[part].close()
        self._loaders[part] = EpochLoader(dataset, sampler, num_workers=self.num_workers)
        return self._loaders[part]

    def _seed_of(self, use: str) -> int:
        return mix_seed(self.seed, *use.encode())

    def _num_batches(self, num_samples: int, *, drop_last: bool = False) -> int:
        batch = self.batch_size * _world_size()
        return num_samples // batch if drop_last else -(-num_samples // batch)


def _rank() -> int:
    return distributed.get_rank() if _is_distributed() else 0


def _world_size() -> int:
    return distributed.get_world_size() if _is_distributed() else 1


def _is_distributed() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _fraction(name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}; it must lie in [0, 1)")
    return value


def _at_least(least: int, name: str, value: int) -> int:
    if value < least:
        raise ValueError(f"{name} is {value}; it must be at least {least}")
    return value
