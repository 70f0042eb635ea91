"""Data sets of the Hugging Face hub, or in one of its formats on disk."""

import logging
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tangle.data.download import announce

_log = logging.getLogger(__name__)

_SHARD = re.compile(r"(.+)-\d+-of-(\d+)")


@dataclass(frozen=True)
class HubSet:
    """A data set whose rows can be read in any order.

    Rows lie in Arrow files, which are mapped into memory. A set of the hub is fetched once into the
    hub's own cache (`HF_HOME`) and Parquet files are converted once, into the same cache; with
    `HF_HUB_OFFLINE=1` or `HF_DATASETS_OFFLINE=1` only that is used.

    Args:
        place: its name on the hub; or a folder, in which `save_to_disk` has written a
            `DatasetDict`, or that holds Parquet files as the hub does.
        config: which of its configurations, where it has several.
        size: of the download, to be told where the hub does not say it.
        remedy: what else can be done, to be told where it cannot be fetched.
    """

    place: str
    config: str | None = None
    size: str = "of a size the hub does not tell"
    remedy: str = "or give a folder that holds it"

    def split(self, name: str) -> Any:
        """The rows of a split, a `datasets.Dataset`.

        Raises:
            ConnectionError: if the set is neither in the cache nor within reach.
            FileNotFoundError: if the place is a path, and nothing is there.
            ValueError: if there is no such split, or the folder cannot be read.
        """
        if name not in self._splits:
            raise ValueError(
                f"{self.place} has no split {name}, but {', '.join(sorted(self._splits))}: name "
                "one of these"
            )
        return self._splits[name]

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""
        return tuple(self._splits)

    @cached_property
    def _splits(self) -> dict[str, Any]:
        import datasets  # takes a second, which only those who use it should wait

        folder = Path(self.place).expanduser()
        wrong = (OSError, ValueError, RuntimeError, ImportError, datasets.exceptions.DatasetsError)
        if folder.is_dir():
            try:
                return self._of_folder(folder)
            except wrong as error:
                raise ValueError(
                    f"{folder} cannot be read as a data set of the Hugging Face hub: "
                    f"{error.__cause__ or error}. Put the set's Parquet files there, or what "
                    f"save_to_disk of a DatasetDict writes (its cache is "
                    f"{datasets.config.HF_DATASETS_CACHE})"
                ) from error
        if self.place.startswith(("/", ".", "~")) or self.place.count("/") != 1:
            raise FileNotFoundError(
                f"{folder} does not exist; give a folder, or a name on the Hugging Face hub, as "
                "OWNER/NAME"
            )
        try:
            return self._of_hub()
        except wrong as error:
            raise ConnectionError(
                f"{self.place} ({self.size}) could not be fetched from the Hugging Face hub into "
                f"{datasets.config.HF_DATASETS_CACHE}. Fetch it once with a network and without "
                "HF_HUB_OFFLINE; or copy that folder from a machine where it has been fetched, and "
                f"set HF_DATASETS_CACHE to it; {self.remedy}. The cause: {error}"
            ) from error

    def _of_folder(self, folder: Path) -> dict[str, Any]:
        import datasets

        if (folder / "dataset_dict.json").is_file():
            return dict(datasets.load_from_disk(str(folder)))
        if (folder / "state.json").is_file():
            raise ValueError("it holds a single split; save a DatasetDict of two, or more")
        for name, missing in missing_shards(folder).items():
            _log.warning("%s: %d of the files %s-* are missing, and so are their rows",
                         folder, missing, name)  # fmt: skip
        builder = datasets.load_dataset_builder(str(folder), self.config)
        if not Path(builder.cache_dir).is_dir():
            _log.warning(
                "%s: converting it once into %s, which takes its size on that disk",
                folder, builder.cache_dir,
            )  # fmt: skip
        return _prepared(builder)

    def _of_hub(self) -> dict[str, Any]:
        import datasets

        builder = datasets.load_dataset_builder(self.place, self.config)
        if not Path(builder.cache_dir).is_dir():
            known = builder.info.download_size
            size = f"{known / 1e9:.2f} GB" if known else self.size
            announce(self.place, size, "the Hugging Face hub", datasets.config.HF_DATASETS_CACHE)
        return _prepared(builder)


def missing_shards(folder: Path) -> dict[str, int]:
    """How many of several files are missing, which are named as in train-00001-of-00294.parquet.

    Returns:
        The number of each kind of which there are some, as of `train`, if it is not 0.
    """
    found: Counter[tuple[str, int]] = Counter()
    for path in folder.rglob("*.parquet"):
        if match := _SHARD.fullmatch(path.stem):
            found[match[1], int(match[2])] += 1
    return {name: of - number for (name, of), number in found.items() if number != of}


def _prepared(builder: Any) -> dict[str, Any]:
    builder.download_and_prepare()
    return dict(builder.as_dataset())
