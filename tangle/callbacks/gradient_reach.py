"""Which numbers have been trained at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn

_ALL, _EACH = 64, 16
"""Updates that are all looked at, and of which one is looked at from then on."""


class GradientReach:
    """Remembers which slices of parameters have had a gradient other than zero.

    A slice is an index along one dimension: an output, an input, a row of a kernel. What has been
    reached completely is not looked at any more, which is found out after 1, 2, 4, 8 ... updates,
    and the rest after the first 64 updates only in each sixteenth; so watching soon costs nothing.

    Args:
        parameters: Names and parameters to watch.
    """

    def __init__(self, parameters: Iterable[tuple[str, nn.Parameter]]) -> None:
        self._left = {name: p for name, p in parameters if p.requires_grad and p.numel()}
        self._reached: dict[str, list[Tensor]] = {}
        self._updates = 0

    def state_dict(self) -> dict[str, Any]:
        """Return what has been reached so far, in plain values and tensors on the CPU."""
        reached = {
            name: [part.cpu() for part in self._reached[name]]
            for name in self._left
            if name in self._reached
        }
        return {"updates": self._updates, "left": list(self._left), "reached": reached}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what another one returned that watched the same parameters."""
        self._updates = state["updates"]
        self._left = {name: p for name, p in self._left.items() if name in state["left"]}
        self._reached = {
            name: [part.to(self._left[name].device) for part in state["reached"][name]]
            for name in self._left
            if name in state["reached"]
        }

    def look(self) -> None:
        """Take the gradients of an update into account."""
        self._updates += 1
        if self._updates > _ALL and self._updates % _EACH:
            return
        for name, parameter in self._left.items():
            if parameter.grad is None:
                continue
            is_reached = parameter.grad.detach() != 0
            slices = [
                is_reached.movedim(d, 0).flatten(1).any(1) if is_reached.dim() > 1 else is_reached
                for d in range(is_reached.dim())
            ] or [is_reached[None]]
            before = self._reached.get(name)
            self._reached[name] = slices if before is None else [
                old | new for old, new in zip(before, slices, strict=True)
            ]  # fmt: skip

        if self._updates & (self._updates - 1) == 0:
            self._drop_complete()

    def _drop_complete(self) -> None:
        self._left = {name: p for name, p in self._left.items() if not self._is_complete(name)}

    def untrained(self) -> dict[str, str]:
        """Return what has never been reached: a description for the name of each parameter."""
        self._drop_complete()
        return {name: self._describe(name) for name in self._left}

    def _is_complete(self, name: str) -> bool:
        return name in self._reached and all(bool(part.all()) for part in self._reached[name])

    def _describe(self, name: str) -> str:
        if name not in self._reached:
            return "all of it"
        for dimension, part in enumerate(self._reached[name]):
            if missing := (~part).nonzero().flatten().tolist():
                shown = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
                return f"{len(missing)} of {len(part)} indices of dimension {dimension} ({shown})"
        raise LookupError(f"{name} has been reached completely")
