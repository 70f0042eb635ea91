"""What every architecture of a space costs, as a sum of small tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from tangle.core.frontier import Frontier, FrontierSearch
from tangle.core.space import Architecture, SearchSpace
from tangle.core.term import Counts, Term


class CostTable:
    """A whole-numbered cost of every architecture of a space, in closed form.

    The cost is a sum over terms, each a table over the joint candidates of a few choices. Terms
    are merged where the choices of one are among those of another. So the cost of an architecture
    is a few look-ups, its expectation a few small products, and its range needs no enumeration.

    Args:
        space: The search space.
        terms: The terms; a choice that is inactive must not matter.

    Attributes:
        space: The search space.
        terms: The merged terms; choices that many terms share come first in each.

    Raises:
        ValueError: If a term does not fit the space, or is negative somewhere.

    >>> from tangle.core import Choice
    >>> space = SearchSpace([Choice("width", (2, 3)), Choice("ratio", (1, 4))])
    >>> table = CostTable(space, [Term(("width", "ratio"), np.array([[2, 8], [3, 12]]))])
    >>> table.at({"width": 1, "ratio": 0})
    3
    """

    def __init__(self, space: SearchSpace, terms: Iterable[Term]) -> None:
        self.space = space
        given = list(terms)
        for term in given:
            _check(term, space)
        self.terms = tuple(_merged(given, list(space)))
        self._look_ups = [_look_up(term) for term in self.terms]

    def at(self, arch: Architecture) -> int:
        """Return the cost of an architecture, whose inactive choices do not matter."""
        total = 0
        for strides, counts in self._look_ups:
            index = 0
            for name, stride in strides:
                index += arch[name] * stride
            total += counts[index]
        return total

    @cached_property
    def least(self) -> int:
        """The cost of the cheapest architecture, which need not be that of smallest sizes."""
        return int(self._extreme(1).costs[0, 0])

    @cached_property
    def most(self) -> int:
        """The cost of the dearest architecture."""
        return -int(self._extreme(-1).costs[0, 0])

    def cheapest(self) -> dict[str, int]:
        """Return an architecture of the least cost; with rules, one close to it that keeps them."""
        return self._picked(self._extreme(1))

    def dearest(self) -> dict[str, int]:
        """Return an architecture of the most cost; with rules, one close to it that keeps them."""
        return self._picked(self._extreme(-1))

    def _picked(self, frontier: Frontier) -> dict[str, int]:
        picks = dict(zip(frontier.names, frontier.picks[0].tolist(), strict=True))
        return self.space.canonical(picks)

    def _extreme(self, sign: int) -> Frontier:
        indifferent = {name: [0.0] * len(choice.candidates) for name, choice in self.space.items()}
        terms = [Term(term.names, sign * term.counts) for term in self.terms]
        return FrontierSearch(indifferent, [terms], [None]).frontier()

    def __repr__(self) -> str:
        return f"CostTable({len(self.terms)} terms over {len(self.space)} choices)"


def _check(term: Term, space: SearchSpace) -> None:
    if unknown := [name for name in term.names if name not in space]:
        raise ValueError(
            f"A term of a cost is over {unknown[0]!r}, but the space has the choices "
            f"{', '.join(space)}"
        )
    shape = tuple(len(space[name].candidates) for name in term.names)
    if term.counts.shape != shape:
        raise ValueError(
            f"The term over {term.names} has a table of shape {term.counts.shape}, but the choices "
            f"have {shape} candidates"
        )
    if term.counts.size and term.counts.min() < 0:
        raise ValueError(f"The term over {term.names} is negative: a cost is at least 0")


def _merged(terms: Sequence[Term], order: Sequence[str]) -> list[Term]:
    """Add up terms of which one has the choices of the other, and perhaps more."""
    common = Counter(name for term in terms for name in term.names)
    rank = {name: (-common[name], position) for position, name in enumerate(order)}
    merged: dict[tuple[str, ...], Counts] = {}
    for term in sorted(terms, key=lambda term: -len(term.names)):
        names = tuple(sorted(term.names, key=rank.__getitem__))
        counts = term.counts.transpose([term.names.index(name) for name in names])
        host = next((known for known in merged if set(names) <= set(known)), names)
        merged[host] = merged.get(host, np.zeros((), np.int64)) + _spread(names, counts, host)
    return [Term(names, _array(counts)) for names, counts in merged.items()]


def _array(counts: Counts) -> Counts:
    """Return a contiguous array; numpy makes a plain number of a sum without dimensions."""
    return np.ascontiguousarray(counts).reshape(np.shape(counts))


def _spread(names: Sequence[str], counts: Counts, host: Sequence[str]) -> Counts:
    """Return a table so that it broadcasts along the choices of another one, in the same order."""
    extents = dict(zip(names, counts.shape, strict=True))
    return counts.reshape([extents.get(name, 1) for name in host])


def _look_up(term: Term) -> tuple[list[tuple[str, int]], list[int]]:
    """Return the stride of each choice in the flat table, and the table as plain numbers."""
    strides = [stride // term.counts.itemsize for stride in term.counts.strides]
    return list(zip(term.names, strides, strict=True)), term.counts.ravel().tolist()
