"""A few architectures that hold every candidate, and pairs of candidates, of a space."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from random import Random

from tangle.core.space import SearchSpace

Pair = tuple[tuple[str, int], tuple[str, int]]
"""Two candidates: choice and index each, choices in the order of the space."""
_ATTEMPTS = 20


@dataclass(frozen=True)
class Covering:
    """Architectures that hold what was to be held.

    Attributes:
        architectures: Canonical ones.
        singles: Number of candidates that they hold.
        pairs: Number of pairs among those asked for that they hold.
        missing: Pairs that none of them holds, since no architecture with both was found; a
            candidate that none holds is a pair with itself.
    """

    architectures: tuple[Mapping[str, int], ...]
    singles: int
    pairs: int
    missing: tuple[Pair, ...]


def covering(
    space: SearchSpace,
    related: Iterable[tuple[str, str]] | None = None,
    *,
    most: int | None = None,
    seed: int = 0,
) -> Covering | None:
    """Return architectures that hold every candidate of every choice, and every pair of some.

    The choices of a pair are both active in the architecture that holds it. Such a set is small:
    it grows with the logarithm of the number of choices. It is built greedily, each architecture
    around the first pair that is still missing.

    Args:
        space: The search space.
        related: Names of choices whose pairs of candidates are to be held; None for all.
        most: Architectures after which to give up; None for never.
        seed: Of the draws.

    Returns:
        The architectures, or None if there would be more of them than `most`.
    """
    wanted = combinations(space, 2) if related is None else related
    goals = _goals(space, wanted)
    builder = _Builder(space, goals, Random(seed))
    found: list[dict[str, int]] = []
    missing: list[Pair] = []
    while builder.open:
        goal = next(iter(builder.open))
        arch = builder.around(goal)
        if arch is None:
            del builder.open[goal]
            missing.append(goal)
            continue
        found.append(arch)
        if most is not None and len(found) > most:
            return None
    held = {item for arch in found for item in arch.items() if item[0] in space.active(arch)}
    pairs = sum(one != other for one, other in goals) - sum(a != b for a, b in missing)
    return Covering(tuple(found), len(held), pairs, tuple(missing))


def _goals(space: SearchSpace, related: Iterable[tuple[str, str]]) -> list[Pair]:
    """Return all pairs to hold, and each candidate as a pair with itself."""
    rank = {name: position for position, name in enumerate(space)}
    names = {(a, b) if rank[a] < rank[b] else (b, a) for a, b in related if a != b}
    single = [((n, i), (n, i)) for n, c in space.items() for i in range(len(c.candidates))]
    return [
        ((one, i), (other, j))
        for one, other in sorted(names, key=lambda pair: (rank[pair[0]], rank[pair[1]]))
        for i in range(len(space[one].candidates))
        for j in range(len(space[other].candidates))
    ] + single


class _Builder:
    """Builds architectures around pairs, and keeps which are still to be held."""

    def __init__(self, space: SearchSpace, goals: Iterable[Pair], rng: Random) -> None:
        self._space = space
        self._rng = rng
        self._rank = {name: position for position, name in enumerate(space)}
        self.open: dict[Pair, None] = dict.fromkeys(goals)

    def around(self, goal: Pair) -> dict[str, int] | None:
        """Return an architecture that holds a pair, and many others; None if none is found."""
        fixed = dict(goal)
        for attempt in range(_ATTEMPTS):
            arch = self._repaired(self._filled(fixed, greedy=attempt == 0), fixed)
            arch = self._admitted(arch, fixed)
            active = self._space.active(arch)
            if all(arch[name] == index and name in active for name, index in fixed.items()):
                self._strike(arch, active)
                return arch
        return None

    def _filled(self, fixed: Mapping[str, int], *, greedy: bool) -> dict[str, int]:
        """Decide the other choices one by one, each for the most pairs that are still open."""
        arch = dict(fixed)
        names = [name for name in self._space if name not in fixed]
        self._rng.shuffle(names)
        for name in names:
            indices = list(range(len(self._space[name].candidates)))
            self._rng.shuffle(indices)
            gain = {i: self._gain(arch, name, i) if greedy else 0 for i in indices}
            arch[name] = max(indices, key=gain.__getitem__)
        return arch

    def _gain(self, arch: Mapping[str, int], name: str, index: int) -> int:
        item = (name, index)
        return ((item, item) in self.open) + sum(
            self._pair(item, other) in self.open for other in arch.items()
        )

    def _pair(self, one: tuple[str, int], other: tuple[str, int]) -> Pair:
        return (one, other) if self._rank[one[0]] < self._rank[other[0]] else (other, one)

    def _repaired(self, arch: dict[str, int], fixed: Mapping[str, int]) -> dict[str, int]:
        """Change deciding choices until all fixed ones matter, as far as one at a time helps."""
        for name in fixed:
            if name in self._space.active(arch):
                continue
            changes = [
                {**arch, other: index}
                for other in self._space
                if other in self._space.structural and other not in fixed
                for index in range(len(self._space[other].candidates))
            ]
            arch = next((c for c in changes if name in self._space.active(c)), arch)
        return arch

    def _admitted(self, arch: Mapping[str, int], fixed: Mapping[str, int]) -> dict[str, int]:
        """Return a canonical architecture close to one, closest at the fixed choices."""
        if self._space.rules.admit(arch):
            return self._space.canonical(arch)
        return self._space.decide({
            name: [
                self._strength(name, arch[name], fixed) * (index == arch[name])
                for index in range(len(choice.candidates))
            ]
            for name, choice in self._space.items()
        })  # fmt: skip

    def _strength(self, name: str, index: int, fixed: Mapping[str, int]) -> float:
        """Return how much a candidate is to be kept where not all can be."""
        is_open = ((name, index), (name, index)) in self.open
        return 3.0 if name in fixed else 1.0 + is_open + self._rng.random() / 2

    def _strike(self, arch: Mapping[str, int], active: Collection[str]) -> None:
        items = [item for item in arch.items() if item[0] in active]
        for item in items:
            self.open.pop((item, item), None)
        for one, other in combinations(items, 2):
            self.open.pop(self._pair(one, other), None)
