"""A loader that keeps its own order and place, where Lightning would replace or lose them."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader

from tangle.data.sampler import EpochSampler
from tangle.data.sources import BatchDataset


class EpochLoader:
    """The batches of one part of a data set, in the order of its sampler, from any batch on.

    It wraps a `DataLoader` rather than being one: Lightning then neither swaps the sampler under
    DDP (the sampler already gives each rank its share) nor rebuilds the loader for prediction. The
    wrapped loader starts at the first `next`, not at `iter`, since Lightning calls `iter` for the
    first epoch before it tells the sampler which epoch that is. By `state_dict` Lightning resumes
    inside an epoch. Workers start once and live until `close`.

    Args:
        dataset: makes a batch from a `Draw`.
        sampler: the draws of an epoch.
        num_workers: processes that make batches; 0 makes them in this process.
    """

    batch_sampler = None  # Lightning reads it beside `sampler`

    def __init__(
        self, dataset: BatchDataset, sampler: EpochSampler, *, num_workers: int = 0
    ) -> None:
        self.samples = dataset
        self.sampler = sampler
        self.num_workers = num_workers
        self._loader: DataLoader[Any] | None = None
        self._position = {"epoch": 0, "batch": 0}
        self._resume: dict[str, int] | None = None

    def __len__(self) -> int:
        """Batches in a whole epoch."""
        return len(self.sampler)

    def __iter__(self) -> Iterator[Any]:
        epoch = self.sampler.epoch
        resume, self._resume = self._resume, None
        start = resume["batch"] if resume and resume["epoch"] == epoch else 0
        self.sampler.start = start
        if self._loader is None:
            self._loader = self._open()
        for number, batch in enumerate(self._loader, start=start + 1):
            self._position = {"epoch": epoch, "batch": number}
            yield batch

    def state_dict(self) -> dict[str, int]:
        """The epoch, and how many of its batches have been handed out."""
        return dict(self._position)

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Lets the next iteration of that epoch begin after the batches already handed out."""
        self._position = self._resume = dict(state)

    def close(self) -> None:
        """Stops the workers; a later iteration starts new ones."""
        self._loader = None

    def _open(self) -> DataLoader[Any]:
        return DataLoader(
            self.samples,  # type: ignore[arg-type]  # a Draw is its index
            sampler=self.sampler,
            batch_size=None,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # or each epoch would advance the global one
        )
