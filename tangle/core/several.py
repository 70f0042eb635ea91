"""What can't be done with a number that has several values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NoReturn

_REMEDY = (
    "has several values, whose arithmetic is *, // and round_to; for anything else give a Choice "
    "the candidates that you mean, or take its .max or .min. Layers of torch itself take integers "
    "only: use those of tangle.nn, or widths that do not vary"
)


class Several:
    """Refuses what needs one number, with an error that says what to write instead.

    Without it Python and torch would refuse as well, but in words that don't help.
    """

    def __index__(self) -> NoReturn:
        """Refuse to be an integer, as `range` and torch's own layers ask."""
        raise ValueError(
            f"{self} has several values and is no integer: it can be a size of layers of "
            "tangle.nn, as tnn.Linear in place of nn.Linear, and the depth of a tnn.Stack; the "
            "largest value is its .max"
        )

    @classmethod
    def __torch_function__(
        cls,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        """Refuse to be an argument of a function of torch, as when its own layers are built."""
        parts = (
            part
            for argument in (*args, *(kwargs or {}).values())
            for part in (argument if isinstance(argument, tuple | list) else (argument,))
        )
        size = next((part for part in parts if isinstance(part, Several)), "A size")
        raise ValueError(f"{size}, given to torch's {func.__name__}, {_REMEDY}")

    def __add__(self, other: object) -> NoReturn:
        """Refuse a sum."""
        self._has_no("+", other)

    def __radd__(self, other: object) -> NoReturn:
        """Refuse a sum."""
        self._has_no("+", other)

    def __sub__(self, other: object) -> NoReturn:
        """Refuse a difference."""
        self._has_no("-", other)

    def __rsub__(self, other: object) -> NoReturn:
        """Refuse a difference."""
        self._has_no("-", other)

    def __truediv__(self, other: object) -> NoReturn:
        """Refuse a fraction."""
        self._has_no("/", other)

    def __rtruediv__(self, other: object) -> NoReturn:
        """Refuse a fraction."""
        self._has_no("/", other)

    def __pow__(self, other: object) -> NoReturn:
        """Refuse a power, as in the scale `width ** -0.5`."""
        self._has_no("**", other)

    def __rpow__(self, other: object) -> NoReturn:
        """Refuse a power."""
        self._has_no("**", other)

    def __neg__(self) -> NoReturn:
        """Refuse to be negative."""
        self._has_no("*", -1)

    def __mod__(self, other: object) -> NoReturn:
        """Refuse a remainder."""
        self._has_no("%", other)

    def __rmod__(self, other: object) -> NoReturn:
        """Refuse a remainder."""
        self._has_no("%", other)

    def __lt__(self, other: object) -> NoReturn:
        """Refuse an order, as `max` asks for."""
        self._has_no("<", other)

    def __le__(self, other: object) -> NoReturn:
        """Refuse an order."""
        self._has_no("<=", other)

    def __gt__(self, other: object) -> NoReturn:
        """Refuse an order."""
        self._has_no(">", other)

    def __ge__(self, other: object) -> NoReturn:
        """Refuse an order."""
        self._has_no(">=", other)

    def _has_no(self, operation: str, other: object) -> NoReturn:
        raise ValueError(f"{self} {operation} {other}: {self} {_REMEDY}")


def one_number(value: Any) -> float:
    """Return a number as it is.

    Raises:
        ValueError: If it is none, such as a pair.
    """
    if not isinstance(value, Real):
        raise ValueError(
            f"{value!r} is no size: give one number, a Choice, or arithmetic of them, as width * 2 "
            "or kernel // 2"
        )
    return value  # type: ignore[return-value]  # numpy's numbers too
