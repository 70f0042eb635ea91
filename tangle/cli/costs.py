"""What architectures of a supernet cost: by tables, or for times by one measurement each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from torch import Tensor

from tangle.core import Architecture
from tangle.metrics import mac_table, measure_latency, parameter_table
from tangle.nn import Supernet

Cost = Callable[[Architecture], float]
COSTS = ("params", "macs", "latency")
"""Names of the costs: learned numbers, multiply-accumulates for one input, milliseconds."""


def cost_functions(supernet: Supernet, example: Any, *, latency_batch: int = 1) -> dict[str, Cost]:
    """Return each cost as a function of the architecture.

    Args:
        supernet: Gives the networks.
        example: Inputs `[B, ...]` of the network, on its device, at least `latency_batch`.
        latency_batch: Inputs in a forward whose time is taken.
    """
    macs = cache(lambda: mac_table(supernet, example[:1]))  # seconds, which not all have a use for
    return {
        "params": parameter_table(supernet).at,
        "macs": lambda arch: macs().at(arch),
        "latency": _once(supernet, lambda arch: _latency(supernet, arch, example[:latency_batch])),
    }


def _latency(supernet: Supernet, arch: Architecture, example: Tensor) -> float:
    """Return the median milliseconds of a forward of the extracted network."""
    return measure_latency(supernet.extract(arch), example).median


def _once(supernet: Supernet, cost: Cost) -> Cost:
    """Return the cost with a memory."""
    known: dict[tuple[int, ...], float] = {}

    def remembered(arch: Architecture) -> float:
        canonical = supernet.space.canonical(arch)
        key = tuple(canonical.values())
        if key not in known:
            known[key] = cost(canonical)
        return known[key]

    return remembered
