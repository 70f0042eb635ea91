"""The multiply-accumulates of every architecture, in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tangle.core import Architecture, CostTable, SearchSpace, Term
from tangle.metrics.check import check_table
from tangle.metrics.joint import joint_table
from tangle.metrics.meter import Meter
from tangle.metrics.probe import Probe, Rate, Site
from tangle.nn import Supernet
from tangle.nn.contraction import Contraction
from tangle.nn.place import Place, places


def mac_table(supernet: Supernet, example: Any) -> CostTable:
    """Return `count_macs(supernet.extract(arch), example)` of every architecture.

    Each module that multiplies is a term. A layer multiplies its weight as often as there are
    positions, so its term follows from its axes. The number of positions, and the products of
    modules without axes, such as attention, are measured: which choices they depend on, by
    changing one at a time, and how, at all joint candidates of these. No weights are computed with.

    Args:
        supernet: The supernet, which is left as it is.
        example: An input; costs are for all of its batch.

    Raises:
        ValueError: If a module depends on choices in a way that this does not find out.
    """
    meter = Meter(supernet, example)
    found: dict[int, list[Place]] = {}
    for place in places(meter.supernet.net):
        found.setdefault(id(place.module), []).append(place)
    sources = [_Source(found.get(id(module), ())) for module in meter.modules]
    rates = Probe(supernet.space, [s.site() for s in sources], meter.run).measure()
    terms = [sources[number].term(rate, supernet.space) for number, rate in rates.items()]
    table = CostTable(supernet.space, terms)
    check_table(table, "multiply-accumulates", meter.count)
    return table


class _Source:
    """A module that may multiply, and what is known of it beforehand.

    Of a module with several places, only which choices decide in how many of them it runs.
    """

    def __init__(self, found: Sequence[Place]) -> None:
        self._found = found
        self._place = found[0] if len(found) == 1 else None
        layer = None if self._place is None else self._place.module
        self._axes = layer.axes()["weight"] if isinstance(layer, Contraction) else ()

    def site(self) -> Site:
        """Return when the module runs, and the entries of its weight."""
        allowed: dict[str, frozenset[int]] = {}
        for condition in self._found[0].use if self._found else ():
            known = allowed.get(condition.choice, condition.indices)
            allowed[condition.choice] = known & condition.indices
        others = (c.choice for place in self._found[1:] for c in place.use)
        decided_by = frozenset() if self._place else frozenset([*allowed, *others])
        return Site(allowed, self._size, decided_by)

    def _size(self, arch: Architecture) -> int:
        if self._place is None:
            return 1
        local = self._place.local(arch)
        return math.prod(axis.size.at(local) for axis in self._axes)

    def term(self, rate: Rate, space: SearchSpace) -> Term:
        """Return the module's multiply-accumulates, zero where it does not run."""
        site, place = self.site(), self._place
        sliced = [choice for axis in self._axes for choice in axis.size.choices]
        deciding = place.deciding(sliced) if place else ()
        names = tuple(dict.fromkeys((*(site.allowed if place else ()), *rate.names, *deciding)))

        def count(arch: Architecture) -> int:
            if place is not None and not place.is_reached(arch):
                return 0
            return int(rate.at(arch) * site.size(arch))

        return Term(names, joint_table(space, names, count))
