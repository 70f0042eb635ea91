"""Single-path one-shot training."""

from collections.abc import Mapping, Sequence

from tangle.algorithms.base import SearchAlgorithm
from tangle.core import Architecture


class SPOS(SearchAlgorithm):
    """Trains one uniformly drawn architecture a step (Guo et al., ECCV 2020).

    This is the first stage of two: it has no architecture parameters and no favourite. A second
    stage searches the trained supernet.

    Args:
        space: The search space.
        seed: Seed of all draws.
    """

    def sample(self) -> Sequence[Architecture]:
        """Return one uniform architecture."""
        return [self.random_architecture()]

    def incumbents(self) -> Mapping[str, Architecture]:
        """Return the extremes of the space, which tell how well the supernet is trained."""
        return {"largest": self.extreme(-1), "smallest": self.extreme(0)}
