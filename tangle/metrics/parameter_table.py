"""The number of learned numbers of every architecture, in closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from tangle.core import CostTable, SearchSpace, Term
from tangle.metrics.check import check_table
from tangle.metrics.cost import count_parameters
from tangle.metrics.joint import joint_table
from tangle.metrics.meta import weightless
from tangle.metrics.shape_memo import ShapeMemo
from tangle.nn import Supernet
from tangle.nn.axis import Axis
from tangle.nn.entangled import Entangled
from tangle.nn.extract import Extraction
from tangle.nn.place import Place, places

_WHOLE = slice(None)


@dataclass(frozen=True)
class _Reading:
    """A place that reads a parameter, and the axes by which it slices it."""

    place: Place
    axes: tuple[Axis, ...]

    def names(self) -> tuple[str, ...]:
        """Return the choices of the space that decide which slice is read, if any."""
        sliced = [choice for axis in self.axes for choice in axis.size.choices]
        conditions = (condition.choice for condition in self.place.use)
        return tuple(dict.fromkeys((*conditions, *self.place.deciding(sliced))))

    def slices(self, arch: Mapping[str, int]) -> tuple[slice, ...]:
        """Return the slice that is read at an architecture that reaches the place."""
        local = self.place.local(arch)
        return tuple(axis.slice_at(local) for axis in self.axes)


def parameter_table(supernet: Supernet) -> CostTable:
    """Return `count_parameters(supernet.extract(arch))` of every architecture.

    Each parameter is a term over the choices of its axes and of the conditions under which it is
    there. A tensor that several layers share counts once, as it does in an extracted network.

    Raises:
        ValueError: If a module of the network is extracted to other parameters than its own.
    """
    readings: dict[int, list[_Reading]] = {}
    extents: dict[int, tuple[int, ...]] = {}
    for place in places(supernet.net):
        for name, parameter in place.module.named_parameters(recurse=False):
            readings.setdefault(id(parameter), []).append(
                _Reading(place, _axes(place.module, name))
            )
            extents[id(parameter)] = tuple(parameter.shape)
    terms = [_term(readings[key], extents[key], supernet.space) for key in readings]
    table = CostTable(supernet.space, terms)
    has_weights = any(not tensor.is_meta for tensor in supernet.parameters())
    bare = weightless(supernet) if has_weights else supernet
    extraction = Extraction()
    with ShapeMemo():
        check_table(
            table, "parameters", lambda arch: count_parameters(extraction.module(bare.net, arch))
        )
    return table


def _axes(module: nn.Module, name: str) -> tuple[Axis, ...]:
    """Return the axes of a parameter; none if it is never sliced."""
    return tuple(module.axes().get(name, ())) if isinstance(module, Entangled) else ()


def _term(readings: Sequence[_Reading], extents: tuple[int, ...], space: SearchSpace) -> Term:
    """Return the size of what is left of a parameter, under each of the choices it depends on."""
    distinct = _distinct(readings)
    names = tuple(dict.fromkeys(name for reading in distinct for name in reading.names()))

    def count(arch: Mapping[str, int]) -> int:
        slices = [r.slices(arch) for r in distinct if r.place.is_reached(arch)]
        # A slice that several places read is one tensor; two slices of one tensor become two.
        return sum(_numel(ranges) for ranges in {_ranges(s, extents) for s in slices})

    return Term(names, joint_table(space, names, count))


def _distinct(readings: Sequence[_Reading]) -> Sequence[_Reading]:
    """Leave out readings of what one that is always there reads anyway."""
    always = next((r for r in readings if not r.place.use and not _decides(r)), None)
    if always is None:
        return readings
    return [always, *(r for r in readings if r.axes != always.axes or _decides(r))]


def _decides(reading: _Reading) -> bool:
    """Return whether modules around a place may decide what is read there."""
    return bool(reading.place.derived or reading.place.settled)


def _ranges(slices: tuple[slice, ...], extents: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    whole = (*slices, *[_WHOLE] * (len(extents) - len(slices)))
    return tuple(part.indices(extent)[:2] for part, extent in zip(whole, extents, strict=True))


def _numel(ranges: tuple[tuple[int, int], ...]) -> int:
    return math.prod(stop - start for start, stop in ranges)
