"""Plain values as source."""

from __future__ import annotations

import math
from typing import Any

import torch

from tangle.nn.trace import UntraceableError

_AS_THEY_PRINT = (bool, int, str, type(None), type(...), torch.dtype, torch.memory_format,
                  torch.layout)  # fmt: skip


def literal(value: Any) -> str:
    """Return the source of a plain value, or of a tuple, list, dictionary or slice of such.

    >>> literal((1, float("inf"), torch.float32, slice(1, None)))
    '(1, float("inf"), torch.float32, slice(1, None, None))'

    Raises:
        UntraceableError: If the value is none of these.
    """
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if isinstance(value, _AS_THEY_PRINT):
        return "..." if value is ... else repr(value)
    if isinstance(value, torch.device):
        return f"torch.device({str(value)!r})"
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, slice):
        return f"slice({literal(value.start)}, {literal(value.stop)}, {literal(value.step)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, _Verbatim):
        return value.text
    raise UntraceableError(f"{value!r} of {type(value).__name__} has no source")


class _Verbatim:
    """Source that stands where a value would."""

    def __init__(self, text: str) -> None:
        self.text = text


def verbatim(text: str) -> Any:
    """Return what `literal` gives back as this text, for names among values."""
    return _Verbatim(text)
