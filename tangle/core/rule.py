"""Which combinations of several choices a space admits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from random import Random

from tangle.core.choice import Choice


class Rule(ABC):
    """Ties some choices of a search space together, so that not all combinations are admitted.

    It says how the choices are decided by strengths of their candidates, which is the part of
    discretization that a single choice can't do by itself. Equal rules must compare equal and
    hash alike: a network states the rule of a cell as often as it has the cell.
    """

    @property
    @abstractmethod
    def choices(self) -> tuple[Choice, ...]:
        """The choices that the rule ties together."""

    @property
    @abstractmethod
    def cardinality(self) -> int:
        """The number of combinations that are admitted."""

    @abstractmethod
    def decide(self, strengths: Mapping[str, Sequence[float]]) -> dict[str, int]:
        """Return the admitted combination that strengths speak for.

        Args:
            strengths: For each of the rule's choices the strength of each candidate, comparable
                between choices; minus infinity for one that is closed.
        """

    @abstractmethod
    def sample(self, rng: Random, among: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """Return a random admitted combination, made of open candidates as far as possible.

        Args:
            rng: Source of random numbers.
            among: For each of the rule's choices its open candidates.
        """

    @abstractmethod
    def describe(self) -> Sequence[object]:
        """Return what the rule is, as plain values; rules that differ describe differently."""

    def nearest(self, arch: Mapping[str, int]) -> dict[str, int]:
        """Return an admitted combination: the given one if it is, else one close to it."""
        return self.decide({
            choice.name: [float(i == arch[choice.name]) for i in range(len(choice.candidates))]
            for choice in self.choices
        })  # fmt: skip

    def admits(self, arch: Mapping[str, int]) -> bool:
        """Return whether an architecture keeps to the rule."""
        return all(arch[name] == index for name, index in self.nearest(arch).items())
