"""An evaluated architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tangle.core import Architecture


@dataclass(frozen=True)
class Trial:
    """An architecture that a study has evaluated.

    Attributes:
        number: Its place in the order of proposals, from 0.
        architecture: An index for each choice; canonical.
        values: The value of each objective, by name.
        metrics: Whatever else the score returned, by name.
        seconds: Time that its evaluation took.
    """

    number: int
    architecture: Architecture
    values: Mapping[str, float]
    metrics: Mapping[str, float]
    seconds: float
