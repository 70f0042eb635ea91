"""The points that no other one beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pareto_front(costs: Sequence[Sequence[float]]) -> list[int]:
    """Return the indices of the points that no other dominates, in their order.

    A point dominates another if it is nowhere worse and somewhere better; of equal ones all stay.

    Args:
        costs: Of each point one number for each objective, less being better.

    >>> pareto_front([(1, 3), (2, 2), (3, 3), (3, 1)])
    [0, 1, 3]
    """
    if not costs:
        return []
    points = np.asarray(costs, dtype=float)
    return [
        index
        for index, point in enumerate(points)
        if not ((points <= point).all(1) & (points < point).any(1)).any()
    ]
