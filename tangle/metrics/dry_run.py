"""Forwards that compute shapes only, and where they fail."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tangle.core import Architecture, Relaxation
from tangle.metrics.meta import weightless
from tangle.metrics.meter import moved
from tangle.metrics.shape_memo import ShapeMemo
from tangle.metrics.step_time import repeated
from tangle.metrics.training_memory import kept_activations
from tangle.nn import Supernet

MISFITS = (RuntimeError, ValueError, IndexError, AssertionError, ZeroDivisionError)
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
        example: One input `[1, ...]`.
        batch_size: Inputs of a training step.

    Attributes:
        supernet: The copy that it runs, in evaluation mode.
        example: The input, on the device.
        batch: A batch of it.
        device: Where it runs: `meta`, or `cpu`.
        shapes: What its forwards enter, so that the same shapes are told once.
    """

    def __init__(self, supernet: Supernet, example: Any, batch_size: int = 2) -> None:
        self.device = "meta"
        self.shapes = ShapeMemo()
        self._batch_size = batch_size
        self._prepare(weightless(supernet), moved(example, "meta"))
        arch = supernet.space.largest()
        has_numbers = all(not tensor.is_meta for tensor in supernet.parameters())
        if has_numbers and self.fails(arch) is not None:
            ghost = self.supernet, self.example
            self.device = "cpu"
            self._prepare(copy.deepcopy(supernet).cpu().eval(), moved(example, "cpu"))
            if self.fails(arch) is not None:  # no matter of the device
                self.device = "meta"
                self._prepare(*ghost)

    def _prepare(self, supernet: Supernet, example: Any) -> None:
        self.supernet = supernet
        self.example = example
        self.batch = repeated(example, self._batch_size)
        self._names = {module: name for name, module in supernet.net.named_modules()}

    def fails(self, arch: Architecture) -> Failure | None:
        """Return where the forward of an architecture, sliced, fails; None if it does not."""
        return self._attempt(lambda: self.supernet(self.example, arch), arch)

    def superposed(self) -> Failure | int:
        """Run a training forward of all architectures at once, on a batch.

        Returns:
            The bytes that it keeps for the backward, or where it fails.
        """
        arch = {
            name: torch.full((n := len(choice.candidates),), 1 / n, device=self.device)
            for name, choice in self.supernet.space.items()
        }
        kept: list[int] = []
        self.supernet.train()
        failure = self._attempt(
            lambda: kept.append(
                kept_activations(self.supernet, lambda: self.supernet(self.batch, arch))
            ),
            arch,
        )
        self.supernet.eval()
        return failure or kept[0]

    def _attempt(self, run: Callable[[], Any], arch: Architecture | Relaxation) -> Failure | None:
        try:
            with torch.no_grad(), self.shapes:
                run()
        except MISFITS as error:
            text = " ".join(str(error).split()) or type(error).__name__
            return Failure(self._innermost(arch) or type(self.supernet.net).__name__, text)
        return None

    def _innermost(self, arch: Architecture | Relaxation) -> str:
        """Run once more, and return the path of the module that runs when it fails."""
        running: list[nn.Module] = []
        with ExitStack() as hooks:
            for module in self._names:
                enter = module.register_forward_pre_hook(lambda m, _: running.append(m))
                leave = module.register_forward_hook(lambda *_: (running.pop(), None)[1])
                hooks.callback(enter.remove)
                hooks.callback(leave.remove)
            with suppress(*MISFITS), torch.no_grad():
                self.supernet(self.batch, arch)
            return self._names[running[-1]] if running else ""
