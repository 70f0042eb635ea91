"""The partial architectures that no other one beats both in score and in costs.

Costs are sums of tables, so choices that share no table can be decided apart, and of what is
decided only the combinations count that are not *dominated*: no other has at least their score at
no more of any cost. Combining what is left of two independent parts, and dropping what is
dominated or can't become feasible, is exact (Nemhauser & Ullmann, Management Science 15(9), 1969).
Choices that tie many others together, such as width and depth, are fixed one candidate at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from tangle.core.term import Counts, Term

_ENUMERABLE = 512
"""Joint candidates up to which a part is enumerated instead of taken apart."""


@dataclass(frozen=True, eq=False)
class Frontier:
    """Combinations of candidates of some choices, with what they cost and score.

    Attributes:
        names: The choices, N.
        picks: Their candidate indices, `[F, N]`.
        costs: What they add to each cost, `[F, L]`.
        scores: What they add to the score, `[F]`.
    """

    names: tuple[str, ...]
    picks: npt.NDArray[np.int16]
    costs: Counts
    scores: npt.NDArray[np.float64]

    def kept(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Frontier:
        """Return some of the combinations."""
        return Frontier(self.names, self.picks[rows], self.costs[rows], self.scores[rows])


@dataclass(frozen=True, eq=False)
class _Part:
    """A term, and the cost that it is a part of."""

    cost: int
    term: Term


class FrontierSearch:
    """Finds the frontier of all choices under upper limits of costs.

    Args:
        scores: For each choice the score of each candidate; minus infinity rules one out.
        costs: The terms of each cost, of which there are one or two.
        limits: The largest allowed value of each cost; None where there is none.
    """

    def __init__(
        self,
        scores: Mapping[str, Sequence[float]],
        costs: Sequence[Sequence[Term]],
        limits: Sequence[int | None],
    ) -> None:
        self._scores = {name: np.asarray(values, np.float64) for name, values in scores.items()}
        self._parts = [_Part(i, term) for i, terms in enumerate(costs) for term in terms]
        self._hubs: dict[frozenset[str], str] = {}
        unlimited = np.iinfo(np.int64).max
        self._limits = np.array(
            [unlimited if limit is None else limit for limit in limits], np.int64
        )

    def frontier(self) -> Frontier:
        """Return the combinations of all choices that keep within the limits, best score first."""
        found = self._solve(tuple(self._scores), self._parts)
        return found.kept(np.argsort(-found.scores, kind="stable"))

    def _solve(self, names: Sequence[str], parts: Sequence[_Part]) -> Frontier:
        fixed = np.zeros(len(self._limits), np.int64)
        for part in parts:
            if not part.term.names:
                fixed[part.cost] += int(part.term.counts)
        pieces = [self._solve_piece(*piece) for piece in _pieces(names, parts)]
        return self._joined(fixed, pieces)

    def _joined(self, fixed: Counts, pieces: Sequence[Frontier]) -> Frontier:
        """Combine independent parts, the small ones first."""
        start = Frontier((), np.zeros((1, 0), np.int16), fixed[None], np.zeros(1))
        if any(len(piece.scores) == 0 for piece in pieces):
            return start.kept(np.zeros(0, np.intp))
        ordered = sorted(pieces, key=lambda piece: len(piece.scores))
        cheapest = [piece.costs.min(0) for piece in ordered]
        rest = [*accumulate(reversed(cheapest), initial=np.zeros_like(fixed))][-2::-1]
        joined = start
        for piece, needed in zip(ordered, rest, strict=True):
            joined = self._pruned(_product(joined, piece), needed)
        return joined

    def _solve_piece(self, names: Sequence[str], parts: Sequence[_Part]) -> Frontier:
        if np.prod([len(self._scores[name]) for name in names], dtype=np.float64) <= _ENUMERABLE:
            return self._pruned(self._enumerated(names, parts))
        if (key := frozenset(names)) not in self._hubs:
            self._hubs[key] = _hub(names, parts)
        hub = self._hubs[key]
        others = [name for name in names if name != hub]
        cases = []
        for index, score in enumerate(self._scores[hub]):
            if score == -np.inf:
                continue
            case = self._solve(others, [_fixed(part, hub, index) for part in parts])
            picks = np.pad(case.picks, ((0, 0), (0, 1)), constant_values=index)
            cases.append(Frontier((*case.names, hub), picks, case.costs, case.scores + score))
        return self._pruned(_union(cases, (*others, hub), len(self._limits)))

    def _enumerated(self, names: Sequence[str], parts: Sequence[_Part]) -> Frontier:
        shape = [len(self._scores[name]) for name in names]
        scores = np.zeros(shape)
        costs = np.zeros((len(self._limits), *shape), np.int64)
        for axis, name in enumerate(names):
            scores += self._scores[name].reshape(
                [-1 if d == axis else 1 for d in range(len(shape))]
            )
        for part in parts:
            order = sorted(
                range(len(part.term.names)), key=lambda i: names.index(part.term.names[i])
            )
            extents = {n: len(self._scores[n]) for n in part.term.names}
            view = part.term.counts.transpose(order).reshape([extents.get(n, 1) for n in names])
            costs[part.cost] += view
        picks = np.indices(shape, np.int16).reshape(len(shape), -1).T
        return Frontier(tuple(names), picks, costs.reshape(len(self._limits), -1).T, scores.ravel())

    def _pruned(self, found: Frontier, needed: Counts | int = 0) -> Frontier:
        """Drop what is ruled out, can't keep within the limits, or is dominated.

        Args:
            found: Combinations.
            needed: What the choices that are yet to join add to each cost at the least.
        """
        feasible = (found.costs + needed <= self._limits).all(1)
        found = found.kept(feasible & (found.scores > -np.inf))
        return found.kept(_undominated(found.costs, found.scores))


def _connected(names: Sequence[str], links: Iterable[Sequence[str]]) -> list[set[str]]:
    """Partition names so that each link is within a part."""
    part_of = {name: {name} for name in names}
    for link in links:
        missing = [part_of[name] for name in link if part_of[name] is not part_of[link[0]]]
        for part in missing:
            union = part_of[link[0]]
            if part is not union:
                small, large = sorted((part, union), key=len)
                large |= small
                part_of.update(dict.fromkeys(small, large))
    return list({id(part): part for part in part_of.values()}.values())


def _pieces(names: Sequence[str], parts: Sequence[_Part]) -> list[tuple[list[str], list[_Part]]]:
    """Split choices so that no term spans two of the pieces."""
    return [
        (
            [name for name in names if name in piece],
            [part for part in parts if part.term.names and part.term.names[0] in piece],
        )
        for piece in _connected(names, (part.term.names for part in parts))
    ]


def _hub(names: Sequence[str], parts: Sequence[_Part]) -> str:
    """Return the choice without which the largest piece is smallest, of equals the most tied."""
    tied = Counter(name for part in parts for name in part.term.names if len(part.term.names) > 1)

    def left(hub: str) -> int:
        others = [name for name in names if name != hub]
        links = [tuple(n for n in part.term.names if n != hub) for part in parts]
        return max(map(len, _connected(others, links)), default=0)

    return min(names, key=lambda name: (left(name), -tied[name]))


def _fixed(part: _Part, name: str, index: int) -> _Part:
    names = part.term.names
    if name not in names:
        return part
    counts = part.term.counts.take(index, names.index(name))
    return _Part(part.cost, Term(tuple(n for n in names if n != name), np.asarray(counts)))


def _product(one: Frontier, other: Frontier) -> Frontier:
    first = np.repeat(np.arange(len(one.scores)), len(other.scores))
    second = np.tile(np.arange(len(other.scores)), len(one.scores))
    return Frontier(
        (*one.names, *other.names),
        np.concatenate([one.picks[first], other.picks[second]], 1),
        one.costs[first] + other.costs[second],
        one.scores[first] + other.scores[second],
    )


def _union(cases: Sequence[Frontier], names: Sequence[str], num_costs: int) -> Frontier:
    picks = [
        case.picks[:, [case.names.index(name) for name in names]]
        for case in cases
        if len(case.scores)
    ]
    empty = Frontier(tuple(names), np.zeros((0, len(names)), np.int16),
                     np.zeros((0, num_costs), np.int64), np.zeros(0))  # fmt: skip
    return Frontier(
        tuple(names),
        np.concatenate([empty.picks, *picks]),
        np.concatenate([empty.costs, *(case.costs for case in cases)]),
        np.concatenate([empty.scores, *(case.scores for case in cases)]),
    )


def _undominated(costs: Counts, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the rows that no other row matches in score at no more of any cost; one of equals."""
    order = np.lexsort((*costs.T[::-1], -scores))
    if costs.shape[1] == 1:
        ordered = costs[order, 0]
        least = np.minimum.accumulate(ordered)
        cheaper = np.append(True, ordered[1:] < least[:-1])[: len(order)]
        return np.asarray(order[cheaper])
    return _staircase(order, costs)


def _staircase(order: npt.NDArray[np.intp], costs: Counts) -> npt.NDArray[np.intp]:
    """Return the rows, given best score first, whose two costs no row before keeps within."""
    first: list[int] = []  # rising, while the second costs fall: the rim of what is dominated
    second: list[int] = []
    rows = []
    for row, (one, other) in zip(order.tolist(), costs[order].tolist(), strict=True):
        end = bisect_right(first, one)
        if end and second[end - 1] <= other:
            continue
        rows.append(row)
        start = end - 1 if end and first[end - 1] == one else end
        stop = start
        while stop < len(first) and second[stop] >= other:
            stop += 1
        first[start:stop], second[start:stop] = [one], [other]
    return np.array(rows, np.intp)
