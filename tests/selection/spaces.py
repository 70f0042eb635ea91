"""Search spaces without a network."""

from tangle.core import Choice, Condition, SearchSpace


def widths(count: int = 4, candidates: tuple[int, ...] = (1, 2, 3)) -> SearchSpace:
    """Choices that are all active."""
    return SearchSpace([Choice(f"width_{i}", candidates) for i in range(count)])


def depths() -> SearchSpace:
    """A depth of one to three layers with a width each: 3 + 9 + 27 architectures."""
    depth = Choice("depth", (1, 2, 3))
    layers = [Choice(f"width_{i}", (8, 16, 32)) for i in range(3)]
    uses = {f"width_{i}": [(Condition("depth", frozenset(range(i, 3))),)] for i in range(1, 3)}
    return SearchSpace([depth, *layers], uses)
