"""Forwards that compute shapes only, and where they fail."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tangle.core import Architecture, Relaxation
from tangle.metrics.meta import weightless
from tangle.metrics.meter import moved
from tangle.nn import Supernet

_MISFITS = (RuntimeError, ValueError, IndexError, AssertionError, ZeroDivisionError)
"""What a forward raises where sizes do not fit."""


@dataclass(frozen=True)
class Failure:
    """Where a forward failed.

    Attributes:
        layer: Dotted path of the innermost module that was running.
        message: What it said, in one line.
    """

    layer: str
    message: str


class DryRun:
    """Runs a supernet without computing, on the meta device.

    Where a network can't do without numbers, it runs a copy on the CPU instead.

    Args:
        supernet: The supernet, which is left as it is; its tensors may be on the meta device.
        example: An input.

    Attributes:
        device: Where it runs: `meta`, or `cpu`.
        runs: Forwards so far.
    """

    def __init__(self, supernet: Supernet, example: Any) -> None:
        self.runs = 0
        self.device = "meta"
        self._prepare(weightless(supernet), moved(example, "meta"))
        arch = supernet.space.largest()
        has_numbers = all(not tensor.is_meta for tensor in supernet.parameters())
        if has_numbers and self.fails(arch) is not None:
            ghost = self._supernet, self._example
            self.device = "cpu"
            self._prepare(copy.deepcopy(supernet).cpu().eval(), moved(example, "cpu"))
            if self.fails(arch) is not None:  # no matter of the device
                self.device = "meta"
                self._prepare(*ghost)

    def _prepare(self, supernet: Supernet, example: Any) -> None:
        self._supernet = supernet
        self._example = example
        self._names = {module: name for name, module in supernet.net.named_modules()}

    def fails(self, arch: Architecture) -> Failure | None:
        """Return where the forward of an architecture, sliced, fails; None if it does not."""
        return self._run(arch)

    def fails_superposed(self) -> Failure | None:
        """Return where the forward of all architectures at once fails; None if it does not."""
        return self._run({
            name: torch.full((n := len(choice.candidates),), 1 / n, device=self.device)
            for name, choice in self._supernet.space.items()
        })  # fmt: skip

    def _run(self, arch: Architecture | Relaxation) -> Failure | None:
        self.runs += 1
        running: list[nn.Module] = []
        with ExitStack() as hooks:
            for module in self._names:
                enter = module.register_forward_pre_hook(lambda m, _: running.append(m))
                leave = module.register_forward_hook(lambda *_: (running.pop(), None)[1])
                hooks.callback(enter.remove)
                hooks.callback(leave.remove)
            try:
                with torch.no_grad():
                    self._supernet(self._example, arch)
            except _MISFITS as error:
                layer = self._names[running[-1]] if running else ""
                text = " ".join(str(error).split()) or type(error).__name__
                return Failure(layer or type(self._supernet.net).__name__, text)
        return None


def names_of(failure: Failure, readers: Mapping[str, set[str]]) -> list[str]:
    """Return the choices that are read in the layer that failed, or beside it.

    Args:
        failure: Where a forward failed.
        readers: For each choice the paths of the layers that read it.
    """
    around = failure.layer.rpartition(".")[0]
    inside = tuple(f"{part}." for part in {failure.layer, around} - {""})
    return [
        name
        for name, layers in readers.items()
        if any(layer == failure.layer or layer.startswith(inside) for layer in layers)
    ]
