"""A check of costs in closed form against counting extracted networks."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tangle.core import Architecture, CostTable

_RANDOM_ARCHITECTURES = 6


def check_table(table: CostTable, unit: str, count: Callable[[Architecture], int]) -> None:
    """Compare a table with a count, at the extremes and some random architectures.

    Args:
        table: The costs in closed form.
        unit: What is counted.
        count: Counts for an architecture.

    Raises:
        ValueError: If they differ.
    """
    space, rng = table.space, Random(0)
    randoms = [space.sample(rng) for _ in range(_RANDOM_ARCHITECTURES)]
    for arch in (space.largest(), space.smallest(), *randoms):
        found, expected = table.at(arch), count(arch)
        if found != expected:
            raise ValueError(
                f"The network of the architecture {space.describe(arch)} has {expected:,} {unit}, "
                f"but in closed form it would have {found:,}: some module depends on choices in a "
                "way that its axes and conditions don't tell. Build it from layers of tangle.nn, "
                "and leave out limits and penalties of this cost until then"
            )
