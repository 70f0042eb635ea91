"""The decision that a search makes: a name and its ordered candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from tangle.core.size import Size

Candidate = int | float | str
"""A value that a choice may take."""


@dataclass(frozen=True, init=False)
class Choice(Size):
    """One decision of the search: a name and its ordered candidates.

    A choice of numbers is also a `Size`: it stands wherever a model takes an integer, and takes
    part in arithmetic, as in `embed * ratio`. Equal name and candidates mean the same choice.

    Args:
        name: An identifier, unique in the search space, such as `embed_dim` or `kernel_3`.
        candidates: The values to choose from, at least one, no two alike.

    Raises:
        ValueError: If the name is no identifier, or candidates are missing, double, mixed or not
            finite numbers or text.

    >>> embed, ratio = Choice("embed", (192, 216)), Choice("ratio", (3.5, 4))
    >>> (embed * ratio).table()
    (672, 768, 756, 864)
    """

    name: str
    candidates: tuple[Candidate, ...]

    def __init__(self, name: str, candidates: Sequence[Candidate]) -> None:
        if isinstance(candidates, str):
            raise ValueError(f"Choice {name!r} has candidates {candidates!r}: give a list of them")
        object.__setattr__(self, "name", name)
        # Those of an array as Python's own numbers, which files can hold.
        plain = (getattr(candidate, "item", lambda c=candidate: c)() for candidate in candidates)
        object.__setattr__(self, "candidates", tuple(plain))
        self._check()

    def _check(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise ValueError(
                f"Choice name {self.name!r} is no identifier: use letters, digits and underscores"
            )
        if not self.candidates:
            raise ValueError(f"Choice {self.name!r} has no candidates: give at least one")
        kinds = {_kind(candidate) for candidate in self.candidates}
        if len(kinds) > 1 or None in kinds:
            raise ValueError(
                f"Choice {self.name!r} has candidates {self.candidates}: "
                "they must be all numbers or all text"
            )
        if len(set(self.candidates)) < len(self.candidates):
            raise ValueError(
                f"Choice {self.name!r} has duplicate candidates {self.candidates}: list each once"
            )

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choice itself."""
        return (self,)

    @property
    def is_numeric(self) -> bool:
        """Whether the candidates are numbers, so that the choice can be a size."""
        return not isinstance(self.candidates[0], str)

    def value(self, arch: Mapping[str, int]) -> float:
        """Return the number that the architecture picks.

        Raises:
            ValueError: If the candidates are text.
        """
        candidate = self.candidates[arch[self.name]]
        if isinstance(candidate, str):
            raise ValueError(
                f"Choice {self.name!r} is a choice of text {self.candidates} and has no size: "
                "use it in a OneOf, or give it numbers"
            )
        return candidate

    def order(self) -> tuple[int, ...]:
        """Return candidate indices from smallest to largest; text keeps its order."""
        indices = range(len(self.candidates))
        return tuple(sorted(indices, key=lambda i: self.candidates[i]) if self.is_numeric
                     else indices)  # fmt: skip

    def __str__(self) -> str:
        return self.name


def _kind(candidate: object) -> str | None:
    """Return `text` or `number`; None for what is no candidate, such as a truth value."""
    if isinstance(candidate, str):
        return "text"
    if isinstance(candidate, bool) or not isinstance(candidate, int | float):
        return None
    return "number" if isfinite(candidate) else None
