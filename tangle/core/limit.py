"""Hard limits of costs, and the best architecture within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tangle.core.cost_table import CostTable
from tangle.core.frontier import FrontierSearch


@dataclass(frozen=True)
class Limit:
    """A cost that an architecture must not exceed.

    Args:
        name: Name of the option that sets it, such as `max_params`.
        table: The cost of every architecture.
        maximum: The largest allowed cost.

    Raises:
        ValueError: If no architecture is so cheap, or none so dear.
    """

    name: str
    table: CostTable
    maximum: int

    def __post_init__(self) -> None:
        least, most = self.table.least, self.table.most
        if not least <= self.maximum <= most:
            raise ValueError(
                f"{self.name} is {self.maximum:,}, but the architectures of this search space have "
                f"from {least:,} to {most:,}: choose a number within this range, or none"
            )


def best_within(scores: Mapping[str, Sequence[float]], limits: Sequence[Limit]) -> dict[str, int]:
    """Return the architecture of the largest total score that keeps within all limits, exactly.

    A choice that is inactive costs nothing, and so counts with its best score: networks of
    different depths compete on equal terms, and limits that do not bind change nothing.

    Args:
        scores: For each choice the score of each candidate, such as the logarithm of its
            probability; minus infinity rules a candidate out.
        limits: The limits, one or two, of one search space.

    Raises:
        ValueError: If no architecture keeps within all limits.
    """
    tables, maxima = [limit.table for limit in limits], [limit.maximum for limit in limits]
    found = FrontierSearch(scores, [table.terms for table in tables], maxima).frontier()
    if len(found.scores) == 0:
        together = " and ".join(f"{limit.name}={limit.maximum:,}" for limit in limits)
        raise ValueError(
            f"No architecture keeps within {together} together: raise one of the limits"
        )
    picks = dict(zip(found.names, found.picks[0].tolist(), strict=True))
    return tables[0].space.canonical(picks)
