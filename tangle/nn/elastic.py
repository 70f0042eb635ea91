"""What the supernet asks of a module that has choices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from tangle.core import Choice, Condition


class Extraction(Protocol):
    """A running extraction, which knows what it has copied and so keeps what is shared shared."""

    def module(self, module: nn.Module, arch: Mapping[str, int]) -> nn.Module:
        """Return the plain torch copy of a module at a discrete architecture."""

    def tensor(self, whole: Tensor, part: Tensor) -> Tensor:
        """Return a copy of `part`, a slice of `whole`; the same one for the same slice."""


@dataclass(frozen=True)
class Derived:
    """A choice that another one decides, so that it is none of the search space's.

    Attributes:
        choice: The choice, which layers read.
        by: Name of the choice that decides.
        indices: For each candidate of `choice`, the candidate index of `by` that stands for it.
    """

    choice: Choice
    by: str
    indices: tuple[int, ...]


@dataclass(frozen=True)
class Settled:
    """A choice that a module has decided for its part, whatever the architecture.

    Attributes:
        choice: The choice, which layers read; none of the search space's.
        index: The candidate that it has.
    """

    choice: Choice
    index: int


@dataclass(frozen=True)
class Branch:
    """A part of a module that runs only under a condition.

    Attributes:
        module: The part.
        condition: When it runs; None means always.
        derived: A choice that the module decides for the part, by another one.
        settled: A choice that it decides by itself.
    """

    module: nn.Module
    condition: Condition | None = None
    derived: Derived | None = None
    settled: Settled | None = None


class Elastic(nn.Module):
    """A module with choices of its own: an entangled layer, a stack, a choice of operations."""

    @abstractmethod
    def own_choices(self) -> Sequence[Choice]:
        """Return the choices that this module reads itself."""

    @abstractmethod
    def branches(self) -> Sequence[Branch]:
        """Return the parts inside, each with the condition under which it runs."""

    @abstractmethod
    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return the plain torch module that computes the same at `arch`."""
