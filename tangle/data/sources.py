"""What a data set offers to a data module."""

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from tangle.data.sampler import Draw


class BatchDataset(Protocol):
    """Samples that are made a batch at a time."""

    def __len__(self) -> int:
        """Number of samples."""

    def __getitem__(self, draw: Draw) -> Any:
        """The batch of `draw.indices`, with every random number taken from `draw.seed`."""


@dataclass(frozen=True)
class Sources:
    """The training samples, seen in two ways, and the test samples.

    Args:
        train: training samples as the two training parts see them, augmented.
        plain: the same samples as validation sees them.
        test: test samples.
        labels: class of each training sample [N], to split evenly by; None: split at random.
        stretch: how many samples in a row stay in one part of the split, as neighbours that are
            too much alike for two parts.
    """

    train: BatchDataset
    plain: BatchDataset
    test: BatchDataset
    labels: Tensor | None = None
    stretch: int = 1

    def __post_init__(self) -> None:
        labels = len(self.train) if self.labels is None else len(self.labels)
        if not len(self.train) == len(self.plain) == labels:
            raise ValueError(
                f"train, plain and labels describe the same samples, but hold {len(self.train)}, "
                f"{len(self.plain)} and {labels}"
            )
