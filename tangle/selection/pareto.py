"""The architectures that no other beats in everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pareto_front(values: Sequence[Sequence[float]], larger_is_better: Sequence[bool]) -> list[int]:
    """Return the indices of the points that no other point dominates, in their order.

    A point dominates another if it is nowhere worse and somewhere better. Of equal points all are
    kept.

    Args:
        values: For each point its value of each objective.
        larger_is_better: For each objective whether more of it is better.
    """
    if not values:
        return []
    signs = np.where(np.asarray(larger_is_better), -1.0, 1.0)
    costs = np.asarray(values, dtype=float) * signs
    return [
        index
        for index, cost in enumerate(costs)
        if not np.any(np.all(costs <= cost, axis=1) & np.any(costs < cost, axis=1))
    ]
