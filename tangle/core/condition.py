"""When a choice matters: only while other choices take certain candidates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """Holds while a choice takes one of some candidates, such as "depth is above 3".

    Attributes:
        choice: Name of the choice that decides.
        indices: The candidate indices under which the condition holds.
    """

    choice: str
    indices: frozenset[int]

    def holds(self, arch: Mapping[str, int]) -> bool:
        """Return whether the architecture fulfils the condition."""
        return arch[self.choice] in self.indices


Use = tuple[Condition, ...]
"""The conditions that must all hold for one place in the network to be reached."""


def is_reached(uses: Sequence[Use], arch: Mapping[str, int], active: Collection[str]) -> bool:
    """Return whether at least one of the places is reached.

    A condition on a choice that is not `active` itself, such as the depth of an operation that is
    not taken, does not hold.
    """
    return any(all(c.choice in active and c.holds(arch) for c in use) for use in uses)
