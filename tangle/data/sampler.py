"""Which samples make up which batch of which rank."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import Tensor
from torch.utils.data import Sampler

from tangle.data.order import mix_seed


class Draw(NamedTuple):
    """One batch to be made: its samples, and the seed of everything that is random about it."""

    indices: list[int]
    seed: int


class EpochSampler(Sampler[Draw]):
    """The batches of one rank: a function of (seed, epoch, rank), and of nothing else.

    All ranks cut the same order into the same number of batches and each takes its own share of
    every batch: no sample is seen twice, and no rank waits for another at the end of an epoch.
    Sizes differ by at most one sample, so there is no small last batch to upset batch statistics.

    Args:
        order: the samples of all ranks in an epoch, from the epoch's number; surplus ones are
            left out.
        num_batches: batches per epoch, on every rank.
        batch_size: largest number of samples in a batch of one rank.
        seed: of the draws inside a batch, such as augmentation.
        rank: number of this process.
        world_size: number of processes.
    """

    def __init__(
        self,
        order: Callable[[int], Tensor],
        num_batches: int,
        *,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.order = order
        self.num_batches = num_batches
        self.batch_size = batch_size
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0
        self.start = 0  # number of the first batch, above 0 when an epoch is resumed inside

    def set_epoch(self, epoch: int) -> None:
        """Moves to an epoch; Lightning calls this before each one."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Batches in a whole epoch."""
        return self.num_batches

    def __iter__(self) -> Iterator[Draw]:
        samples = self.order(self.epoch)[: self.num_batches * self.batch_size * self.world_size]
        if len(samples) < self.num_batches * self.world_size:
            raise ValueError(
                f"{len(samples)} samples in {self.num_batches} batches leave one of "
                f"{self.world_size} ranks without a sample: use a larger batch_size than "
                f"{self.batch_size}, or fewer ranks"
            )
        batches = samples.tensor_split(self.num_batches)
        for number in range(self.start, self.num_batches):
            mine = batches[number].tensor_split(self.world_size)[self.rank]
            yield Draw(mine.tolist(), mix_seed(self.seed, self.epoch, number, self.rank))
