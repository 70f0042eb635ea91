"""Once-for-all training: the largest network teaches the smaller ones."""

from collections.abc import Mapping, Sequence

from tangle.algorithms.base import SearchAlgorithm
from tangle.core import Architecture, SearchSpace


class OFA(SearchAlgorithm):
    """Trains the largest architecture and random ones that imitate it (Cai et al., ICLR 2020).

    With the callback `ProgressiveShrinking`, which opens candidates phase by phase, and with
    `distillation` of the search module. The teacher is the largest network as it is, trained on;
    in the original it is a frozen copy from before the first phase. This is the first stage of two.

    Args:
        space: The search space.
        seed: Seed of all draws.
        randoms: Random architectures in a step; one to four in the original, by phase.

    Raises:
        ValueError: If there is no random architecture.
    """

    def __init__(self, space: SearchSpace, seed: int = 0, randoms: int = 1) -> None:
        super().__init__(space, seed)
        if randoms < 1:
            raise ValueError(f"randoms is {randoms}: it must be at least 1")
        self.randoms = randoms

    def sample(self) -> Sequence[Architecture]:
        """Return the largest architecture, then random ones of the open candidates.

        As long as only the largest is open, it is trained alone.
        """
        largest = self.extreme(-1)
        randoms = [self.random_architecture() for _ in range(self.randoms)]
        return [largest, *(arch for arch in randoms if arch != largest)]

    def incumbents(self) -> Mapping[str, Architecture]:
        """Return the extremes of the open candidates."""
        return {"largest": self.extreme(-1), "smallest": self.extreme(0)}
