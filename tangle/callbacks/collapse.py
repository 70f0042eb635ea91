"""Decisions that all fell the same way."""

from __future__ import annotations

from tangle.core import Architecture, SearchSpace

SKIPS = frozenset({"skip", "skip_connect", "identity", "none", "zero"})
"""Names that spaces give to candidates which compute nothing."""
_FEWEST = 3
"""Choices of sizes that must agree before it means something."""


def collapse(arch: Architecture, space: SearchSpace) -> str | None:
    """Return how all decisions of an architecture agree: `smallest`, `largest`, `skip`, or None.

    Args:
        arch: The architecture; only its active choices count.
        space: Its search space.
    """
    active = [space[name] for name in space if name in space.active(arch)]
    operations = [c for c in active if any(isinstance(v, str) for v in c.candidates)]
    sizes = [c for c in active if c not in operations and len(c.candidates) > 1]
    chosen = [choice.candidates[arch[choice.name]] for choice in operations]
    if len(operations) > 1 and all(str(value) in SKIPS for value in chosen):
        return "skip"
    if operations or len(sizes) < _FEWEST:
        return None
    for name, position in (("smallest", 0), ("largest", -1)):
        if all(arch[choice.name] == choice.order()[position] for choice in sizes):
            return name
    return None
