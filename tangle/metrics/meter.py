"""The products of each module of a supernet, one architecture at a time."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tangle.core import Architecture
from tangle.metrics.cost import count_macs
from tangle.metrics.meta import weightless
from tangle.nn import Supernet
from tangle.nn.place import places


class Meter:
    """Runs a supernet sliced, and tells what each module itself multiplies, its parts left out.

    What makes weights and is no place of the network, as kernel transforms, is left out: an
    extracted network has the weights. It runs a copy without weights, and where a network can't do
    without, a copy with them.

    Args:
        supernet: The supernet.
        example: An input; counts are for all of its batch.

    Attributes:
        modules: The modules, in the order of the supernet's.
    """

    def __init__(self, supernet: Supernet, example: Any) -> None:
        try:
            self._prepare(weightless(supernet), moved(example, "meta"))
            self.run(supernet.space.largest())
        except (NotImplementedError, RuntimeError):  # what needs numbers raises one of them
            self._prepare(copy.deepcopy(supernet).eval(), example)

    def _prepare(self, supernet: Supernet, example: Any) -> None:
        self.supernet = supernet.requires_grad_(False)  # a copy, which nothing trains
        self.modules = list(supernet.net.modules())
        found = {id(place.module) for place in places(supernet.net)}
        self._places = {n for n, module in enumerate(self.modules) if id(module) in found}
        self._example = example
        self._counter = FlopCounterMode(display=False)
        self._open: list[list[int]] = []
        self._own: Counter[int] = Counter()

    def run(self, arch: Architecture) -> Mapping[int, int]:
        """Return the multiply-accumulates of each module that has any, by its number."""
        self._own, self._open = Counter(), []
        self._counter = FlopCounterMode(display=False)
        with ExitStack() as hooks:
            for number, module in enumerate(self.modules):
                hooks.callback(module.register_forward_pre_hook(self._enter).remove)
                hooks.callback(module.register_forward_hook(partial(self._leave, number)).remove)
            with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), self._counter:
                self.supernet(self._example, arch)
        return self._own

    def count(self, arch: Architecture) -> int:
        """Return the multiply-accumulates of the extracted network."""
        return count_macs(self.supernet.extract(arch), self._example)

    def _enter(self, *_: Any) -> None:
        self._open.append([self._counter.get_total_flops(), 0])

    def _leave(self, number: int, *_: Any) -> None:
        before, inside = self._open.pop()
        total = self._counter.get_total_flops() - before
        if total > inside and number in self._places:
            self._own[number] += (total - inside) // 2
        if self._open:
            self._open[-1][1] += total


def moved(example: Any, device: str) -> Any:
    """Return an input, perhaps of several tensors, on a device."""
    if isinstance(example, Tensor):
        return example.to(device)
    if isinstance(example, Mapping):
        return {name: moved(value, device) for name, value in example.items()}
    if isinstance(example, tuple | list):
        return type(example)(moved(value, device) for value in example)
    return example
