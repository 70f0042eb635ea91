"""What goes into and out of each module while a network runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn

from tangle.metrics.closeness import tensors_in


@dataclass(frozen=True)
class Event:
    """A module begins or ends.

    Attributes:
        layer: Dotted path of the module; empty for the network.
        is_end: Whether it ends.
        number: How often that has happened before, as a module may run several times.
        tensors: Its inputs, or its outputs.
        within: Dotted path of the module whose forward runs it.
        after: Dotted path of what this forward ran before, if there is something.
    """

    layer: str
    is_end: bool
    number: int
    tensors: Sequence[Tensor]
    within: str
    after: str | None

    @property
    def key(self) -> tuple[str, bool, int]:
        """What the same event of another run has in common with this one."""
        return self.layer, self.is_end, self.number


class Events:
    """Keeps what goes into and out of each module of a network while it runs.

    Args:
        net: The network.
    """

    def __init__(self, net: nn.Module) -> None:
        self._net = net
        self._events: list[Event] = []
        self._running: list[tuple[str, str | None]] = []
        self._counts: Counter[tuple[str, bool]] = Counter()

    def of(self, run: Callable[[], object]) -> list[Event]:
        """Return the events of a run, in order, up to where it fails if it does."""
        self._events, self._running, self._counts = [], [], Counter()
        with ExitStack() as hooks:
            for name, module in self._net.named_modules():
                enter = module.register_forward_pre_hook(
                    partial(self._enter, name), with_kwargs=True
                )
                leave = module.register_forward_hook(partial(self._leave, name))
                hooks.callback(enter.remove)
                hooks.callback(leave.remove)
            try:
                run()
            except Exception:  # how far it came is all that is asked
                return self._events
        return self._events

    @property
    def innermost(self) -> str:
        """Dotted path of the innermost module in which the last run failed."""
        return self._running[-1][0] if self._running else ""

    def _enter(self, name: str, _: nn.Module, args: Any, kwargs: Any) -> None:
        self._note(name, (args, kwargs), is_end=False)
        self._running.append((name, None))

    def _leave(self, name: str, _: nn.Module, args: Any, output: Any) -> None:
        last = self._running.pop()[1]
        self._note(name, output, is_end=True, after=last)
        if self._running:
            self._running[-1] = (self._running[-1][0], name)

    def _note(self, name: str, values: Any, *, is_end: bool, after: str | None = None) -> None:
        within, before = self._running[-1] if self._running else ("", None)
        number = self._counts[name, is_end]
        self._counts[name, is_end] += 1
        self._events.append(
            Event(name, is_end, number, tensors_in(values), within, after if is_end else before)
        )
