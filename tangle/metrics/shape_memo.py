"""Operations on shapes alone, each told once for the same shapes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

_Outcome = Callable[[Sequence[Any]], Any]
"""Makes the outputs of an operation anew, given its arguments."""
_PLAIN = frozenset(
    (
        bool,
        int,
        float,
        str,
        torch.dtype,
        torch.device,
        torch.memory_format,
        torch.layout,
        type(None),
    )
)


class ShapeMemo(TorchDispatchMode):
    """Remembers what torch made of operations on the meta device, and makes the same again.

    Torch tells the shapes of many operations in Python, part by part: a network of a thousand
    operations takes a second. A network repeats itself, and architectures differ in few of their
    parts, so that nearly every operation has been told before. What it gives depends on nothing but
    the shapes, strides and types that it is given and on its plain arguments, which are all
    compared. What torch refuses is not remembered, so it is refused again. Gradients see no
    difference, as they are recorded before an operation comes here. Everything else runs as ever:
    tensors with numbers, views, and what gives a part of another tensor.

    The memory lasts as long as the object, which can be entered again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Hashable, _Outcome | None] = {}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operation, or make again what it gave."""
        kwargs = kwargs or {}
        try:
            key = func, _described(args), _described(tuple(kwargs.items()))
        except _NotShapesAloneError:
            return func(*args, **kwargs)
        if (again := self._known.get(key)) is not None:
            return again(args)
        result = func(*args, **kwargs)
        if key not in self._known:
            self._known[key] = _outcome(func, args, key[1], result)
        return result


class _NotShapesAloneError(Exception):
    """An argument is more than its shape."""


def _described(value: Any) -> Hashable:
    """Return all that the outcome of an operation can depend on."""
    kind = type(value)  # compared first, as this is asked a hundred thousand times
    if kind in _PLAIN:
        return kind, value  # 1, 1.0 and True are one key otherwise
    if kind is Tensor or kind is nn.Parameter:
        if not value.is_meta:
            raise _NotShapesAloneError
        return value.shape, value.stride(), value.dtype
    if isinstance(value, tuple | list):
        return tuple([_described(part) for part in value])
    raise _NotShapesAloneError


def _outcome(func: Any, args: Sequence[Any], before: Hashable, result: Any) -> _Outcome | None:
    """Return what makes a result again; None if it is not made of new tensors alone."""
    returned = [part.alias_info for part in func._schema.returns]
    if any(alias is not None for alias in returned):
        in_place = len(returned) == 1 and returned[0].is_write and args and result is args[0]
        return _first if in_place and _described(args) == before else None
    parts = result if isinstance(result, tuple | list) else (result,)
    tensors = [part for part in parts if isinstance(part, Tensor)]
    if len(tensors) < len(parts) or not all(_is_fresh(tensor) for tensor in tensors):
        return None
    given = {t.untyped_storage()._cdata for t in _tensors(args)}
    own = {t.untyped_storage()._cdata for t in tensors}
    if given & own or len(own) < len(tensors):
        return None
    layouts = [(tensor.shape, tensor.stride(), tensor.dtype) for tensor in tensors]
    if isinstance(result, Tensor):
        return lambda _: _made(*layouts[0])
    kind = type(result)
    return lambda _: kind([_made(*layout) for layout in layouts])


def _first(args: Sequence[Any]) -> Any:
    return args[0]


def _made(shape: torch.Size, stride: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    return torch.empty_strided(shape, stride, dtype=dtype, device="meta")


def _is_fresh(tensor: Tensor) -> bool:
    """Return whether a tensor on the meta device is all of its memory."""
    if type(tensor) is not Tensor or not tensor.is_meta:
        return False
    alike = _made(tensor.shape, tensor.stride(), tensor.dtype)
    return tensor.untyped_storage().nbytes() == alike.untyped_storage().nbytes()


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [t for part in value for t in _tensors(part)] if isinstance(value, tuple | list) else []
