"""Batches that are made once and looked at many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from lightning.fabric.utilities import move_data_to_device
from torch import Tensor, device
from torch.utils._pytree import tree_leaves

MOST_BYTES = 2**30
"""Batches that take more memory than this are not kept."""


class KeptBatches:
    """The batches of a loader, on a device, in memory from the first pass on if they are small.

    Args:
        make: Makes the loader; called again for each pass if the batches are too large to keep.
        device: Where the batches are wanted.
        count: Number of batches; None takes all.
        most_bytes: The most memory to keep them in.
    """

    def __init__(
        self,
        make: Callable[[], Iterable[Any]],
        device: device,
        *,
        count: int | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._make = make
        self._device = device
        self._count = count
        self._most = most_bytes
        self._kept: list[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Any] | None = []
        size = 0
        for batch in islice(self._make(), self._count):
            moved = move_data_to_device(batch, self._device)
            size += sum(leaf.nbytes for leaf in tree_leaves(moved) if isinstance(leaf, Tensor))
            if kept is not None and size <= self._most:
                kept.append(moved)
            else:
                kept = None
            yield moved
        self._kept = kept
