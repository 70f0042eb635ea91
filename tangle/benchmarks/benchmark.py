"""What a benchmark is: how good every architecture of a space is, without training it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from tangle.core import Architecture, SearchSpace


class Benchmark(ABC):
    """Knows the score of architectures of a space.

    Attributes:
        space: The architectures it knows.
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

    def lookup(self, arch: Architecture, space: SearchSpace) -> Mapping[str, float]:
        """Return what is known about an architecture of a search.

        Args:
            arch: The architecture.
            space: Its space, which has the choices of the benchmark's, and perhaps fewer values.

        Raises:
            ValueError: If the benchmark does not know that space.
        """
        try:
            known = self.space.parse(space.describe(arch))
        except ValueError as error:
            raise ValueError(
                f"The benchmark {type(self).__name__} does not know this search space: "
                f"{error}. Leave it out, or search the space of the benchmark"
            ) from None
        return self.query(known)
