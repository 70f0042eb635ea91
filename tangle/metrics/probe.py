"""Which choices the work of a module depends on, and how, found out by running it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tangle.core import Architecture, SearchSpace, joint_candidates

MOST_RUNS = 2000
"""Joint candidates of the choices that one module's work depends on, each of which is run."""

Allowed = Mapping[str, frozenset[int]]
"""The candidates of some choices under which a module is reached."""


@dataclass(frozen=True)
class Site:
    """A module as a source of work.

    Attributes:
        allowed: When it runs; empty means always. Of a module that is used in several places, when
            it runs in one of them.
        size: What its work is known to be a multiple of, at an architecture under which it runs.
        decided_by: Choices that decide in how many of several places it runs.
    """

    allowed: Allowed = field(default_factory=dict)
    size: Callable[[Architecture], int] = lambda _: 1
    decided_by: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rate:
    """The work of a module per unit of its size.

    Attributes:
        names: The choices that it depends on.
        values: The rate by candidate indices of these choices.
    """

    names: tuple[str, ...]
    values: Mapping[tuple[int, ...], Fraction]

    def at(self, arch: Architecture) -> Fraction:
        """Return the rate at an architecture under which the module runs."""
        return self.values[tuple(arch[name] for name in self.names)]


class Probe:
    """Measures rates of work.

    Args:
        space: The search space.
        sites: The modules.
        run: Returns the work of modules at an architecture, by their number.
    """

    def __init__(
        self,
        space: SearchSpace,
        sites: Sequence[Site],
        run: Callable[[Architecture], Mapping[int, int]],
    ) -> None:
        self._space = space
        self._sites = sites
        self._run = run

    def measure(self) -> dict[int, Rate]:
        """Return the rate of each module that works at all."""
        rates: dict[int, Rate] = {}
        for allowed, members in self._groups():
            rates |= self._measure_group(allowed, members)
        return rates

    def _groups(self) -> list[tuple[Allowed, list[int]]]:
        """Group modules that can all run at once, greedily; each group is measured together."""
        groups: list[tuple[dict[str, frozenset[int]], list[int]]] = []
        for number, site in enumerate(self._sites):
            fitting = (
                g for g in groups if all(g[0].get(n, i) & i for n, i in site.allowed.items())
            )
            group = next(fitting, None)
            if group is None:
                group = ({}, [])
                groups.append(group)
            for name, indices in site.allowed.items():
                group[0][name] = group[0].get(name, indices) & indices
            group[1].append(number)
        return [(allowed, members) for allowed, members in groups]

    def _measure_group(self, allowed: Allowed, members: Sequence[int]) -> dict[int, Rate]:
        high, low = self._extreme(allowed, -1), self._extreme(allowed, 0)
        above, below = self._rates(high, members), self._rates(low, members)
        working = [n for n in members if above[n] or below[n]]
        varying = [n for n in working if above[n] != below[n]]
        found = self._dependence(high, low, {number: above[number] for number in varying})
        depends = {
            number: names
            for number in working
            if (names := self._names({*found.get(number, ()), *self._sites[number].decided_by}))
        }
        constant = {n: Rate((), {(): above[n]}) for n in working if n not in depends}
        return constant | self._tabulated(high, depends)

    def _dependence(
        self, high: Architecture, low: Architecture, above: Mapping[int, Fraction]
    ) -> dict[int, tuple[str, ...]]:
        """Return which choices make each rate differ from that at `high`.

        Of a set of choices that change nothing together, none matters. Two halves for each bit of
        a choice's number single out one choice in few runs; what remains is changed one by one.
        """
        names = [name for name in self._space if high[name] != low[name]]
        suspects = {number: set(names) for number in above}
        bits = range((len(names) - 1).bit_length())
        halves = [
            {n for i, n in enumerate(names) if (i >> b & 1) == v} for b in bits for v in (0, 1)
        ]
        for changed in (*halves, *({name} for name in names)):
            open_ones = [n for n, s in suspects.items() if len(s) > 1 and s & changed]
            if not open_ones:
                continue
            rates = self._rates({**high, **{name: low[name] for name in changed}}, open_ones)
            for number in open_ones:
                if rates[number] == above[number]:
                    suspects[number] -= changed
        return {number: self._names(left) for number, left in suspects.items()}

    def _names(self, some: Collection[str]) -> tuple[str, ...]:
        """Return names of choices in the order of the space."""
        return tuple(name for name in self._space if name in some)

    def _extreme(self, allowed: Allowed, position: int) -> dict[str, int]:
        """Return the architecture of the smallest (0) or largest (-1) allowed candidates."""
        return {
            name: [i for i in choice.order() if i in allowed.get(name, {i})][position]
            for name, choice in self._space.items()
        }

    def _rates(self, arch: Architecture, members: Sequence[int]) -> dict[int, Fraction]:
        work = self._run(arch)
        return {n: Fraction(work.get(n, 0), self._sites[n].size(arch)) for n in members}

    def _tabulated(
        self, base: Architecture, depends: Mapping[int, tuple[str, ...]]
    ) -> dict[int, Rate]:
        """Return rates at all joint candidates; modules that agree on a run share it."""
        missing = {number: self._candidates(number, names) for number, names in depends.items()}
        values: dict[int, dict[tuple[int, ...], Fraction]] = {number: {} for number in depends}
        while any(missing.values()):
            decided: dict[str, int] = {}
            taken = []
            for number, candidates in missing.items():
                fitting = (
                    c for c in candidates if all(decided.get(n, i) == i for n, i in c.items())
                )
                if (candidate := next(fitting, None)) is not None:
                    candidates.remove(candidate)
                    decided |= candidate
                    taken.append((number, tuple(candidate.values())))
            rates = self._rates({**base, **decided}, [number for number, _ in taken])
            for number, indices in taken:
                values[number][indices] = rates[number]
        return {number: Rate(depends[number], values[number]) for number in depends}

    def _candidates(self, number: int, names: Sequence[str]) -> list[dict[str, int]]:
        """Return the joint candidates of some choices under which a module may run."""
        site, choices = self._sites[number], [self._space[name] for name in names]
        if (runs := math.prod(len(choice.candidates) for choice in choices)) > MOST_RUNS:
            raise ValueError(
                f"The work of one module depends on the choices {', '.join(names)} together, which "
                f"have {runs:,} joint candidates: its cost in closed form is measured at up to "
                f"{MOST_RUNS:,}, so share less between the places that these choices decide"
            )
        return [
            arch
            for arch in joint_candidates(choices)
            if all(
                name in site.decided_by or index in site.allowed.get(name, {index})
                for name, index in arch.items()
            )
        ]
