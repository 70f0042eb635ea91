"""Which entries of one dimension each candidate keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from tangle.core import Choice, Size


class Keep(Enum):
    """Which entries a smaller version keeps."""

    PREFIX = "prefix"
    CENTRE = "centre"


@dataclass(frozen=True)
class Axis:
    """One dimension of a tensor: its size, and which entries a smaller version keeps.

    Args:
        size: The size of the dimension.
        keep: The first entries (widths) or the central ones (kernels).

    Raises:
        ValueError: If a candidate gives a size below one, or, for the centre, sizes that are not
            all odd or all even and so have different centres.
    """

    size: Size
    keep: Keep = Keep.PREFIX

    def __deepcopy__(self, memo: Mapping[int, object]) -> Axis:
        return self  # nothing of it changes, and networks that are copied hold hundreds

    def __post_init__(self) -> None:
        table = self.size.table()
        if min(table) < 1:
            raise ValueError(
                f"Size {self.size} is {min(table)} for one of its candidates, "
                "but a layer needs at least 1"
            )
        if self.keep is Keep.CENTRE and len({extent % 2 for extent in table}) > 1:
            raise ValueError(
                f"Kernel sizes {sorted(set(table))} of {self.size} mix even and odd: "
                "they have no common centre, so use only odd (or only even) ones"
            )

    def slice_at(self, arch: Mapping[str, int]) -> slice:
        """Return the entries that a discrete architecture keeps."""
        if not self.size.choices:
            return slice(None)
        largest, extent = self.size.max, self.size.at(arch)
        start = (largest - extent) // 2 if self.keep is Keep.CENTRE else 0
        return slice(None) if extent == largest else slice(start, start + extent)

    def is_cut(self, sliced: Mapping[str, int]) -> bool:
        """Return whether the dimension varies, and only by choices whose candidate is given."""
        choices = self.size.choices
        return bool(choices) and all(choice.name in sliced for choice in choices)

    def membership(self, choices: Sequence[Choice]) -> Tensor:
        """Return which entries each joint candidate of `choices` keeps, bool `[J, size.max]`."""
        extents = torch.tensor(self.size.table(choices))[:, None]
        largest = self.size.max
        starts = (largest - extents) // 2 if self.keep is Keep.CENTRE else torch.zeros_like(extents)
        entries = torch.arange(largest)
        return (starts <= entries) & (entries < starts + extents)
