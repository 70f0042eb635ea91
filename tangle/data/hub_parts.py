"""The images and classes of a data set in the Hugging Face hub's format."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tangle.data.cached_sources import check_labels
from tangle.data.hub import HubSet
from tangle.data.hub_rows import HubRows
from tangle.data.image_index import some
from tangle.data.image_sources import EncodedPart

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HubParts:
    """Training and test images of a data set in the hub's format.

    Args:
        source: the data set.
        train_split: name of the split to train on.
        test_split: name of the split to test on.
        image_column: column of images; None: the only one.
        label_column: column of classes, as numbers from 0 or as names; None: the only one of
            `ClassLabel`s or, where there is none, `label`.
    """

    source: HubSet
    train_split: str = "train"
    test_split: str = "test"
    image_column: str | None = None
    label_column: str | None = None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by their number."""
        rows = self.source.split(self.train_split)
        column = self._label_column(rows)
        names = getattr(rows.features[column], "names", None)
        if names is not None:
            return tuple(names)
        values = _values(rows, column)
        if _is_text(values):
            return tuple(sorted({str(value) for value in values if value is not None}))
        return tuple(str(number) for number in range(int(values.max(initial=-1)) + 1))

    def parts(self) -> tuple[EncodedPart, EncodedPart]:
        """Training and test images, as they are stored.

        Raises:
            ValueError: if a split or column is missing or ambiguous, labels are, or a class is
                tested on that none of the training images has.
        """
        if self.train_split == self.test_split:
            raise ValueError(
                f"train_split and test_split are both {self.train_split}, so what is tested on "
                "would be trained on; name two"
            )
        train, test = self._part(self.train_split), self._part(self.test_split)
        ours, theirs = (set(part.labels.tolist()) for part in (train, test))
        only = [ours - theirs, theirs - ours]
        told = [some([self.classes[label] for label in sorted(labels)]) for labels in only]
        if only[1]:
            raise ValueError(
                f"{len(only[1])} classes are in the split {self.test_split} of "
                f"{self.source.place} but not in {self.train_split}: {told[1]}. Nothing could "
                "learn them; choose other splits"
            )
        if only[0]:
            _log.warning(
                "%s: %d classes are trained and not tested: %s",
                self.source.place, len(only[0]), told[0],
            )  # fmt: skip
        return train, test

    def _part(self, split: str) -> EncodedPart:
        rows = self.source.split(split)
        table = f"the split {split} of {self.source.place}"
        images = HubRows(rows, self._image_column(rows), table)
        return EncodedPart(images, self._labels(rows, split, table))

    def _labels(self, rows: Any, split: str, table: str) -> Tensor:
        column = self._label_column(rows)
        values = _values(rows, column)
        if _is_text(values):
            number = {name: place for place, name in enumerate(self.classes)}
            unknown = sorted({str(v) for v in values if v is not None} - number.keys())
            if unknown:
                raise ValueError(
                    f"{table} has classes that {self.train_split} has not: {some(unknown)}"
                )
            values = np.array([-1 if v is None else number[str(v)] for v in values], np.int64)
        labels = torch.from_numpy(values.copy())  # which Arrow's own are not to be written to
        if (labels < 0).any():
            raise ValueError(
                f"{int((labels < 0).sum())} of {len(labels)} rows of {table} have no label, so it "
                f"cannot be {'trained' if split == self.train_split else 'tested'} on: choose "
                f"another of the splits {', '.join(self.source.splits)}"
            )
        check_labels(labels, len(self.classes), table)
        return labels

    def _image_column(self, rows: Any) -> str:
        from datasets import Image

        images = [name for name, kind in rows.features.items() if isinstance(kind, Image)]
        return _column("image_column", self.image_column, images, rows)

    def _label_column(self, rows: Any) -> str:
        from datasets import ClassLabel

        found = [name for name, kind in rows.features.items() if isinstance(kind, ClassLabel)]
        named = [name for name in rows.features if name == "label"]
        return _column("label_column", self.label_column, found or named, rows)


def _column(option: str, given: str | None, found: list[str], rows: Any) -> str:
    names = ", ".join(f"{name} ({kind})" for name, kind in rows.features.items())
    if given is not None and given not in rows.features:
        raise ValueError(f"{option} is {given}, which is none of the columns {names}")
    if given is None and len(found) != 1:
        raise ValueError(
            f"{option} is not set, and {len(found)} of the columns {names} could be it: set it to "
            "the name of one"
        )
    return found[0] if given is None else given


def _values(rows: Any, column: str) -> Any:
    values = rows.select_columns([column]).with_format("arrow")[:][column]
    kind = str(values.type)
    if "int" in kind:
        return values.cast("int64").fill_null(-1).to_numpy()
    if "string" in kind:
        return values.to_numpy()
    raise ValueError(
        f"the column {column} holds {kind}, which is no class: set label_column to one of numbers "
        "from 0, or of names"
    )


def _is_text(values: Any) -> bool:
    return values.dtype == object
