"""Text from the Hugging Face hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class HubCorpus:
    """The column `text` of a data set of the hub, a document in each row.

    It is fetched once into the hub's own cache (`HF_HOME`); with `HF_HUB_OFFLINE=1` only that is
    used.

    Args:
        dataset: its name on the hub.
        split: as `train`.
        size: of the download, to be told where it fails.

    Raises:
        ConnectionError: if it is neither in the cache nor within reach.
    """

    dataset: str
    split: str
    size: str

    @cached_property
    def _rows(self) -> Any:
        import datasets  # takes a second, which only those who use it should wait

        try:
            return datasets.load_dataset(self.dataset, split=self.split)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"{self.dataset} ({self.size}) could not be fetched from the Hugging Face hub into "
                f"{datasets.config.HF_DATASETS_CACHE}. Fetch it once with a network and without "
                "HF_HUB_OFFLINE; or copy that folder from a machine where it has been fetched, and "
                "set HF_DATASETS_CACHE to it; or set download to false and root to a folder with "
                f"the text. The cause: {error}"
            ) from error

    @property
    def name(self) -> str:
        """The data set and its split."""
        return f"{self.dataset}/{self.split}"

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
