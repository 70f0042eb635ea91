"""Where a network, superposed, begins to compute something else than sliced."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tangle.metrics.closeness import excess
from tangle.metrics.events import Event
from tangle.nn.elastic import Elastic
from tangle.nn.entangled import Entangled


def parting(
    net: nn.Module, sliced: Sequence[Event], superposed: Sequence[Event], *, limit: float
) -> str:
    """Return in words where two runs of a network part.

    Superposed at a one-hot architecture, tensors are as large as those of the largest network and
    begin with those of the sliced network. The first one that does not tells the place.

    Args:
        net: The network.
        sliced: What happened in it sliced.
        superposed: What happened in it superposed.
        limit: Relative difference from which on they part.
    """
    others = {event.key: event for event in superposed}
    modules = dict(net.named_modules())
    for event in sliced:
        other = others.get(event.key)
        if other is None or (event.is_end and _is_scale(modules[event.layer])):
            continue
        if excess(other.tensors, event.tensors, ends_in_zeros=False) > limit:
            return _place(modules, event)
    return f"they part at the end of the forward of {_name(modules, '')}"


def _is_scale(module: nn.Module) -> bool:
    """Return whether a module, superposed, gives something else on purpose."""
    return isinstance(module, Elastic) and not isinstance(module, Entangled)


def _place(modules: dict[str, nn.Module], event: Event) -> str:
    if not event.is_end:
        since = "before" if event.after is None else f"between {event.after} and"
        return f"they part in the forward of {_name(modules, event.within)}, {since} {event.layer}"
    if event.after is None and not list(modules[event.layer].children()):
        return f"they part in the layer {_name(modules, event.layer)}"
    since = "" if event.after is None else f", after {event.after}"
    return f"they part in the forward of {_name(modules, event.layer)}{since}"


def _name(modules: dict[str, nn.Module], layer: str) -> str:
    kind = type(modules[layer]).__name__
    return f"{layer} ({kind})" if layer else kind
