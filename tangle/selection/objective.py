"""What a second stage makes larger or smaller."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Objective:
    """One number that architectures are judged by.

    Attributes:
        name: Its name in tables, and in what a score returns.
        larger_is_better: Whether more of it is better.
    """

    name: str
    larger_is_better: bool = False

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """Optuna's word for what is better."""
        return "maximize" if self.larger_is_better else "minimize"

    def cost(self, value: float) -> float:
        """Return a number of which less is better."""
        return -value if self.larger_is_better else value

    def known(self, value: float) -> float:
        """Return the value, or the worst there is in place of one that is not a number.

        A network whose output overflows has none, and Optuna takes no NaN.
        """
        if not math.isnan(value):
            return value
        return -math.inf if self.larger_is_better else math.inf
