"""The call that builds a layer of torch again."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn

from tangle.nn.literal import literal
from tangle.nn.trace import UntraceableError

_ELSEWHERE = ("self", "device", "dtype")
"""Arguments that are none of a layer's own."""


def constructor(layer: nn.Module) -> str:
    """Return the source of a call that builds a layer like this one, with weights of its own.

    >>> constructor(nn.Linear(3, 4, bias=False))
    'nn.Linear(3, 4, bias=False)'

    Raises:
        UntraceableError: If the layer is not torch's, or keeps too little to build it again.
    """
    kind = type(layer)
    if getattr(nn, kind.__name__, None) is not kind:
        raise UntraceableError(f"{kind.__name__} is no layer of torch.nn")
    arguments = _arguments(layer)
    _check(layer, arguments)
    required = [name for name, p in _parameters(kind).items() if p.default is p.empty]
    texts = [
        literal(value) if name in required else f"{name}={literal(value)}"
        for name, value in arguments.items()
    ]
    return f"nn.{kind.__name__}({', '.join(texts)})"


def _parameters(kind: type[nn.Module]) -> dict[str, inspect.Parameter]:
    return {
        name: parameter
        for name, parameter in inspect.signature(kind.__init__).parameters.items()
        if name not in _ELSEWHERE
        and not name.startswith("_")
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }


def _arguments(layer: nn.Module) -> dict[str, Any]:
    """Return the arguments that differ from their defaults, as a layer keeps them."""
    found: dict[str, Any] = {}
    for name, parameter in _parameters(type(layer)).items():
        if not hasattr(layer, name):
            if parameter.default is parameter.empty:
                raise UntraceableError(f"{type(layer).__name__} does not keep its {name}")
            continue
        value = getattr(layer, name)
        if name == "bias" and not isinstance(value, bool):
            value = value is not None
        if parameter.default is parameter.empty or not _equal(value, parameter.default):
            found[name] = value
    return found


def _equal(value: Any, default: Any) -> bool:
    """Return whether a value is the default, perhaps once for each dimension."""
    return bool(value == default) or (isinstance(value, tuple) and set(value) == {default})


def _check(layer: nn.Module, arguments: dict[str, Any]) -> None:
    """Check that the arguments build a layer of the same tensors and description."""
    try:
        with torch.device("meta"):
            again = _description(type(layer)(**arguments))
    except TypeError:  # of one that hides what it takes
        again = None
    if again != _description(layer):
        raise UntraceableError(
            f"{type(layer).__name__}({layer.extra_repr()}) can't be built from what it keeps"
        )


def _description(layer: nn.Module) -> tuple[str, dict[str, torch.Size]]:
    tensors = *layer.named_parameters(), *layer.named_buffers()
    return layer.extra_repr(), {name: tensor.shape for name, tensor in tensors}
