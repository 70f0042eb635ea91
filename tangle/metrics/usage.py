"""Which layers read which choices, and which layers no choice reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from tangle.nn import Gate, OneOf, Stack, Supernet
from tangle.nn.axis import Keep
from tangle.nn.elastic import Elastic
from tangle.nn.entangled import Entangled
from tangle.nn.place import Place, places

_KINDS = {Stack.__name__: "depth", OneOf.__name__: "operation", Gate.__name__: "presence"}


@dataclass(frozen=True)
class Use:
    """One place in a network that reads a choice of the space.

    Attributes:
        choice: Name of the choice.
        layer: Dotted path of the module.
        axis: What the choice decides there, such as `weight[0] = embed_dim * mlp_ratio_0`.
    """

    choice: str
    layer: str
    axis: str


@dataclass(frozen=True)
class FixedLayer:
    """A layer that is in every architecture, in one size.

    Attributes:
        layer: Dotted path of the module.
        kind: Name of its class.
        parameters: Learned numbers that it has of its own.
    """

    layer: str
    kind: str
    parameters: int


def choice_uses(supernet: Supernet) -> list[Use]:
    """Return every use of every choice, in the order in which the network has its layers."""
    names = _names(supernet)
    uses = (
        Use(choice, names[id(place.module)], axis)
        for place in places(supernet.net)
        for choice, axis in _read(place)
    )
    return list(dict.fromkeys(uses))


def fixed_layers(supernet: Supernet) -> list[FixedLayer]:
    """Return the layers with parameters that no choice reaches, the largest first.

    A layer under a choice of depth or operation is reached by it. A tensor that an elastic layer
    shares is elastic.
    """
    names = _names(supernet)
    elastic: set[int] = set()
    for place in places(supernet.net):
        own = place.module.named_parameters(recurse=False)
        axes = place.module.axes() if isinstance(place.module, Entangled) else {}
        for name, tensor in own:
            if place.use or any(axis.size.choices for axis in axes.get(name, ())):
                elastic.add(id(tensor))
    found: dict[int, FixedLayer] = {}
    counted = set(elastic)
    for place in places(supernet.net):
        tensors = [t for t in place.module.parameters(recurse=False) if id(t) not in counted]
        counted |= {id(tensor) for tensor in tensors}
        if tensors:
            kind, count = type(place.module).__name__, sum(t.numel() for t in tensors)
            found[id(place.module)] = FixedLayer(names[id(place.module)], kind, count)
    return sorted(found.values(), key=lambda layer: -layer.parameters)


def _names(supernet: Supernet) -> dict[int, str]:
    return {id(module): name or "(the network)" for name, module in supernet.net.named_modules()}


def _read(place: Place) -> Iterator[tuple[str, str]]:
    """Yield the space's choices that a place reads, each with what it decides there."""
    module = place.module
    if isinstance(module, Entangled):
        tensors = [n for n in module.axes() if isinstance(getattr(module, n, None), Tensor)]
        for tensor in tensors or list(module.axes()):  # without any, the names of masks
            for dim, axis in enumerate(module.axes()[tensor]):
                centre = ", the centre" if axis.keep is Keep.CENTRE else ""
                text = f"{tensor}[{dim}] = {axis.size}{centre}"
                yield from ((name, text) for name in place.deciding(axis.size.choices))
    elif isinstance(module, Elastic):
        kind = _KINDS.get(type(module).__name__, type(module).__name__)
        yield from ((name, kind) for name in place.deciding(module.own_choices()))
