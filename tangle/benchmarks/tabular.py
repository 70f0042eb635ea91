"""A benchmark whose architectures are all in one table."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping

from tangle.benchmarks.benchmark import Benchmark
from tangle.core import Architecture, SearchSpace


class TabularBenchmark(Benchmark):
    """The scores of all architectures of a space.

    Args:
        space: The space.
        rows: For every architecture, as the candidate indices in the order of the space's choices,
            its metrics.
        metric: The metric that counts, of which more is better.
        failed_below: An architecture with less than this, in units of the metric, was not trained
            properly; it is flagged.
        source: Where the table comes from, for errors.

    Raises:
        ValueError: If an architecture of the space is missing, or has no such metric.
    """

    def __init__(
        self,
        space: SearchSpace,
        rows: Mapping[tuple[int, ...], Mapping[str, float]],
        *,
        metric: str,
        failed_below: float = -math.inf,
        source: str = "The table",
    ) -> None:
        self.space = space
        self.metric = metric
        self._rows = rows
        self._failed_below = failed_below
        missing = [arch for arch in space.enumerate() if tuple(arch.values()) not in rows]
        if missing:
            raise ValueError(
                f"{source} lacks {len(missing)} of {space.cardinality} architectures, the first is "
                f"{space.describe(missing[0])}: get the whole table"
            )
        if not all(metric in row for row in rows.values()):
            raise ValueError(f"{source} has no metric {metric!r} for all architectures")
        self._ascending = sorted(row[metric] for row in rows.values())

    def query(self, arch: Architecture) -> dict[str, float]:
        """Return the metrics of an architecture, its `rank`, `regret` and whether it `failed`."""
        self.space.validate(arch)
        row = self._rows[tuple(self.space.canonical(arch).values())]
        score = row[self.metric]
        better = len(self._ascending) - bisect_right(self._ascending, score)
        return {
            **row,
            "rank": float(better + 1),
            "regret": round(self._ascending[-1] - score, 6),
            "failed": float(score < self._failed_below),
        }
