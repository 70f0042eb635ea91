"""Text from the Hugging Face hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tangle.data.hub import HubSet


@dataclass(frozen=True)
class HubCorpus:
    """The column `text` of a data set of the hub, a document in each row.

    Args:
        source: the data set.
        split: as `train`.

    Raises:
        ConnectionError: if it is neither in the cache nor within reach.
    """

    source: HubSet
    split: str

    @cached_property
    def _rows(self) -> Any:
        return self.source.split(self.split)

    @property
    def name(self) -> str:
        """The data set and its split."""
        return f"{self.source.place}/{self.split}"

    @property
    def fingerprint(self) -> str:
        """The number of rows, and of bytes in all splits."""
        return f"{len(self._rows)} rows, {self._rows.info.dataset_size} bytes"

    @property
    def num_bytes(self) -> int:
        """Size of the split, 0 if not known."""
        splits = self._rows.info.splits or {}
        return splits[self.split].num_bytes if self.split in splits else 0

    def documents(self) -> Iterator[str]:
        """The rows without white space around them; empty ones are left out."""
        for row in self._rows.select_columns("text"):
            if document := row["text"].strip():
                yield document
