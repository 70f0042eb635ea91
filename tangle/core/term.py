"""A part of a cost that a few choices decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Term:
    """A part of a cost that a few choices decide.

    Attributes:
        names: The choices.
        counts: The part's cost under their joint candidates, one dimension for each of them.
    """

    names: tuple[str, ...]
    counts: Counts
