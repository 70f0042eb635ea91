"""What a benchmark is: how good every architecture of a space is, without training it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from tangle.core import Architecture, SearchSpace


class Benchmark(ABC):
    """Knows the score of architectures of a space.

    Attributes:
        space: The architectures it knows. To ask about one of another space that has the same
            choices and values, perhaps fewer of them, give
            `benchmark.space.parse(other.describe(arch))`.
        metric: The metric that counts, of which more is better.
    """

    space: SearchSpace
    metric: str

    @abstractmethod
    def query(self, arch: Architecture) -> Mapping[str, float]:
        """Return what is known about an architecture, by metric.

        Where all architectures are known, `rank` is its place by the metric that counts, 1 for the
        best, and `regret` is how far it is from the best. `failed` is 1 for an architecture whose
        training failed, so that its score tells nothing, else 0.
        """
