"""The rule of cells whose nodes keep only their strongest incoming edges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from tangle.core.choice import Candidate, Choice
from tangle.core.rule import Rule


@dataclass(frozen=True)
class Strongest(Rule):
    """Exactly `count` of some choices take a candidate that does something; the others take `off`.

    By strengths, each choice's best candidate other than `off` speaks for it, and the `count`
    choices with the strongest ones stay on; ties go to the first. This is how DARTS keeps two
    incoming edges for each node (Liu et al., ICLR 2019, section 2.4). A random combination has
    each set of choices, and each of their candidates, equally likely.

    Args:
        among: The choices.
        off: The candidate that does nothing, which all of them have.
        count: How many of them are on.

    Raises:
        ValueError: If a choice has no such candidate or no other, or there are too few choices.
    """

    among: tuple[Choice, ...]
    off: Candidate
    count: int

    def __post_init__(self) -> None:
        for choice in self.among:
            if self.off not in choice.candidates or len(choice.candidates) < 2:
                raise ValueError(
                    f"Choice {choice.name!r} has the candidates {choice.candidates}, but to be "
                    f"left out it needs {self.off!r} and at least one other"
                )
        if not 0 < self.count <= len(self.among):
            raise ValueError(
                f"count is {self.count}, but it must be from 1 to {len(self.among)}, the number of "
                f"choices {', '.join(choice.name for choice in self.among)}"
            )

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices."""
        return self.among

    @property
    def cardinality(self) -> int:
        """The number of ways to pick the choices that are on, and their candidates."""
        others = [len(choice.candidates) - 1 for choice in self.among]
        return sum(math.prod(kept) for kept in combinations(others, self.count))

    def decide(self, strengths: Mapping[str, Sequence[float]]) -> dict[str, int]:
        """Return the combination of the strongest candidates of the strongest choices."""
        best = {
            choice.name: max(self._on(choice), key=strengths[choice.name].__getitem__)
            for choice in self.among
        }
        ranked = sorted(best, key=lambda name: strengths[name][best[name]], reverse=True)
        return self._combination({name: best[name] for name in ranked[: self.count]})

    def sample(self, rng: Random, among: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """Return `count` random choices with a random candidate each."""
        on = {choice.name: self._on(choice) for choice in self.among}
        left = {n: [i for i in indices if i in among[n]] for n, indices in on.items()}
        left = {name: indices for name, indices in left.items() if indices}
        if len(left) < self.count:  # so many closed candidates that some have to open
            left = {**on, **left}
        kept = rng.sample(list(left), self.count)
        return self._combination({name: rng.choice(left[name]) for name in kept})

    def describe(self) -> Sequence[object]:
        """Return the names of the choices, what turns them off, and how many stay."""
        return ["strongest", [choice.name for choice in self.among], self.off, self.count]

    def _on(self, choice: Choice) -> list[int]:
        return [i for i, candidate in enumerate(choice.candidates) if candidate != self.off]

    def _combination(self, kept: Mapping[str, int]) -> dict[str, int]:
        return {c.name: kept.get(c.name, c.candidates.index(self.off)) for c in self.among}
