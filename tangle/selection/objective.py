"""What a second stage makes larger or smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Objective:
    """One number to judge architectures by.

    Attributes:
        name: What it is, as in tables.
        larger_is_better: Whether more of it is better.
    """

    name: str
    larger_is_better: bool

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """Optuna's word for it."""
        return "maximize" if self.larger_is_better else "minimize"
