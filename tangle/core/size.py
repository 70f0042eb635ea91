"""Sizes that depend on choices, and the arithmetic between them."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tangle.core.several import Several, one_number

if TYPE_CHECKING:
    from tangle.core.choice import Choice

# Products such as 0.29 * 100 fall a rounding error below the integer they mean.
_ROUNDING_ERROR = 1e-9


class Size(Several, ABC):
    """An integer that depends on choices, such as `embed * ratio` or `kernel // 2`.

    There is no addition: a layer keeps a *prefix* of its weights, and the concatenation of two
    prefixes is not one.
    """

    @property
    @abstractmethod
    def choices(self) -> tuple[Choice, ...]:
        """The choices the size depends on, in order of appearance, each once."""

    @abstractmethod
    def value(self, arch: Mapping[str, int]) -> float:
        """Return the exact number under an architecture, before it is cut to an integer."""

    def at(self, arch: Mapping[str, int]) -> int:
        """Return the size under an architecture; fractions are cut off, as in `int(e * r)`."""
        return math.floor(self.value(arch) + _ROUNDING_ERROR)

    def table(self, choices: Sequence[Choice] | None = None) -> tuple[int, ...]:
        """Return the size under each joint candidate of `choices` (its own by default).

        Joint candidates are in the order of `joint_candidates`: the first choice is the slowest.
        """
        return tuple(self.at(arch) for arch in joint_candidates(choices or self.choices))

    @cached_property
    def max(self) -> int:
        """The largest value over all joint candidates."""
        return max(self.table())

    @cached_property
    def min(self) -> int:
        """The smallest value over all joint candidates."""
        return min(self.table())

    def round_to(self, multiple: int) -> Size:
        """Return the nearest positive multiple that keeps at least 90 % of the size.

        This is the channel rule of the MobileNet family (Sandler et al., 2018).
        """
        return Rounded(self, multiple)

    def __mul__(self, other: Size | float) -> Size:
        return Product(self, as_size(other))

    __rmul__ = __mul__

    def __floordiv__(self, other: Size | int) -> Size:
        return Quotient(self, as_size(other))

    def __rfloordiv__(self, other: float) -> Size:
        return Quotient(as_size(other), self)

    def __deepcopy__(self, memo: Mapping[int, object]) -> Size:
        return self  # nothing of it changes, and networks that are copied hold thousands


def joint_candidates(choices: Sequence[Choice]) -> Iterator[dict[str, int]]:
    """Yield every combination of candidate indices, the first choice varying slowest."""
    names = [choice.name for choice in choices]
    ranges = [range(len(choice.candidates)) for choice in choices]
    return (dict(zip(names, indices, strict=True)) for indices in itertools.product(*ranges))


def as_size(value: Size | float) -> Size:
    """Return `value` as a size; plain numbers become constants."""
    return value if isinstance(value, Size) else Fixed(one_number(value))


def _union(*sizes: Size) -> tuple[Choice, ...]:
    return tuple(dict.fromkeys(choice for size in sizes for choice in size.choices))


@dataclass(frozen=True)
class Fixed(Size):
    """A constant, so that layers can treat numbers and sizes alike."""

    number: float

    @property
    def choices(self) -> tuple[Choice, ...]:
        """A constant depends on no choice."""
        return ()

    def value(self, arch: Mapping[str, int]) -> float:
        """Return the constant."""
        return self.number

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True)
class Product(Size):
    """The product of two sizes."""

    left: Size
    right: Size

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices of both factors."""
        return _union(self.left, self.right)

    def value(self, arch: Mapping[str, int]) -> float:
        """Return the exact product."""
        return self.left.value(arch) * self.right.value(arch)

    def __str__(self) -> str:
        return f"{self.left} * {self.right}"


@dataclass(frozen=True)
class Quotient(Size):
    """The integer quotient of two sizes, rounded down."""

    left: Size
    right: Size

    def __post_init__(self) -> None:
        if self.right.min < 1:
            raise ValueError(
                f"{self} divides by {self.right.min} for one of its candidates: "
                "every divisor must be at least 1"
            )

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices of dividend and divisor."""
        return _union(self.left, self.right)

    def value(self, arch: Mapping[str, int]) -> float:
        """Return the quotient of the two integers, rounded down."""
        return self.left.at(arch) // self.right.at(arch)

    def __str__(self) -> str:
        return f"({self.left}) // {self.right}"


@dataclass(frozen=True)
class Rounded(Size):
    """A size rounded to a multiple."""

    size: Size
    multiple: int

    def __post_init__(self) -> None:
        if self.multiple < 1:
            raise ValueError(f"round_to({self.multiple}): the multiple must be at least 1")

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices of the size that is rounded."""
        return self.size.choices

    def value(self, arch: Mapping[str, int]) -> float:
        """Return the nearest positive multiple, or the next one where 10 % would be lost."""
        exact = self.size.value(arch)
        nearest = math.floor((exact + self.multiple / 2) / self.multiple) * self.multiple
        nearest = max(self.multiple, nearest)
        return nearest + self.multiple if nearest < 0.9 * exact else nearest

    def __str__(self) -> str:
        return f"({self.size}).round_to({self.multiple})"
