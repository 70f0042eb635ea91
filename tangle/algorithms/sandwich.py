"""The sandwich rule: train the extremes and some in between."""

from collections.abc import Mapping, Sequence

from tangle.algorithms.base import SearchAlgorithm
from tangle.core import Architecture, SearchSpace


class Sandwich(SearchAlgorithm):
    """Trains the largest, the smallest and random architectures in each step.

    Yu & Huang (ICCV 2019) for the rule; with `distillation: 1` of the search module, all but the
    largest imitate it, as in BigNAS (Yu et al., ECCV 2020). This is the first stage of two.

    Args:
        space: The search space.
        seed: Seed of all draws.
        randoms: Random architectures in a step; two in BigNAS.

    Raises:
        ValueError: If the number of random architectures is negative.
    """

    def __init__(self, space: SearchSpace, seed: int = 0, randoms: int = 2) -> None:
        super().__init__(space, seed)
        if randoms < 0:
            raise ValueError(f"randoms is {randoms}: it must be at least 0")
        self.randoms = randoms

    def sample(self) -> Sequence[Architecture]:
        """Return the largest open architecture, then random ones, then the smallest."""
        randoms = [self.random_architecture() for _ in range(self.randoms)]
        return [self.extreme(-1), *randoms, self.extreme(0)]

    def incumbents(self) -> Mapping[str, Architecture]:
        """Return the extremes of the space."""
        return {"largest": self.extreme(-1), "smallest": self.extreme(0)}
