"""How many distinct networks choices span that depend on each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tangle.core.condition import Use

_Pending = frozenset[Use]
"""The places that can still use a choice, each with the conditions that are yet to be decided."""

_REACHED: _Pending = frozenset({()})
_State = frozenset[tuple[str, _Pending]]


def count_networks(sizes: Mapping[str, int], uses: Mapping[str, Sequence[Use]]) -> int | None:
    """Return the number of combinations in which each inactive choice counts once.

    The choices that others depend on are decided one after another. All that matters of those
    decided is which places they leave within reach, so the cases that leave the same are counted
    together: a width that any of many operations reads makes two cases for each, not all their
    combinations.

    Args:
        sizes: Number of candidates of each choice.
        uses: For choices that can be inactive, the places that use them.

    Returns:
        The number, or None if choices depend on each other in a circle.
    """
    deciding = {c.choice for places in uses.values() for use in places for c in use}
    order = _order(deciding, uses)
    if order is None:
        return None
    states: Counter[_State] = Counter({frozenset((n, frozenset(p)) for n, p in uses.items()): 1})
    for name in order:
        states = _decided(name, states, sizes, deciding)
    total = sum(states.values())
    for name, size in sizes.items():
        if name not in deciding and name not in uses:
            total *= size
    return total


def _order(deciding: Collection[str], uses: Mapping[str, Sequence[Use]]) -> list[str] | None:
    """Return the deciding choices, each behind those that decide whether it is active."""
    order: list[str] = []
    while len(order) < len(deciding):
        ready = [
            name
            for name in sorted(deciding)
            if name not in order
            and all(c.choice in order for use in uses.get(name, ()) for c in use)
        ]
        if not ready:
            return None
        order += ready
    return order


def _decided(
    name: str, states: Counter[_State], sizes: Mapping[str, int], deciding: Collection[str]
) -> Counter[_State]:
    """Return the cases after a choice is decided, with their numbers."""
    after: Counter[_State] = Counter()
    for state, count in states.items():
        pending = dict(state)
        is_active = pending.pop(name, _REACHED) == _REACHED
        for index in range(sizes[name]) if is_active else (None,):
            left: dict[str, _Pending] = {}
            factor = 1
            for other, places in pending.items():
                remaining = _remaining(places, name, index)
                if other in deciding or remaining not in (_REACHED, frozenset()):
                    left[other] = remaining
                elif remaining == _REACHED:
                    factor *= sizes[other]
            after[frozenset(left.items())] += count * factor
    return after


def _remaining(places: _Pending, name: str, index: int | None) -> _Pending:
    """Return the places that a candidate, or None for an inactive choice, leaves within reach."""
    within = {
        tuple(c for c in use if c.choice != name)
        for use in places
        if all(c.choice != name or index in c.indices for c in use)
    }
    return _REACHED if () in within else frozenset(within)
