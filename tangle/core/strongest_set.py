"""The rule of cells in which a choice says which incoming edges a node keeps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tangle.core.choice import Candidate, Choice
from tangle.core.rule import Rule


@dataclass(frozen=True)
class StrongestSet(Rule):
    """Some choices take a candidate that does something, the others `off`; a choice says which.

    By strengths, which are logarithms, a set's is that of its candidate and of the best candidates
    other than `off` of all choices in it, summed up; the strongest set stays, the first of equals.
    So edges count by the product of their own weight and that of their operation, as in PC-DARTS
    (Xu et al., ICLR 2020, section 3.3). With equal weights of all sets of two this is `Strongest`.
    A random combination has each set, and each candidate of its choices, equally likely.

    Args:
        among: The choices.
        off: The candidate that does nothing, which all of them have.
        kept: The choice of a set.
        sets: For each of its candidates the positions in `among` of the choices that are on.

    Raises:
        ValueError: If a choice has no such candidate or no other, or the sets are not as many as
            candidates, or have an impossible position.
    """

    among: tuple[Choice, ...]
    off: Candidate
    kept: Choice
    sets: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        for choice in self.among:
            if self.off not in choice.candidates or len(choice.candidates) < 2:
                raise ValueError(
                    f"Choice {choice.name!r} has the candidates {choice.candidates}, but to be "
                    f"left out it needs {self.off!r} and at least one other"
                )
        positions = {position for members in self.sets for position in members}
        if len(self.sets) != len(self.kept.candidates) or not positions <= set(
            range(len(self.among))
        ):
            raise ValueError(
                f"The sets {self.sets} do not fit the candidates {self.kept.candidates} of "
                f"{self.kept.name!r} and the {len(self.among)} choices: give a set of positions "
                f"from 0 to {len(self.among) - 1} for each candidate"
            )

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices, that of a set last."""
        return *self.among, self.kept

    @property
    def cardinality(self) -> int:
        """The number of ways to pick a set, and the candidates of the choices in it."""
        others = [len(choice.candidates) - 1 for choice in self.among]
        return sum(math.prod(others[i] for i in members) for members in self.sets)

    def decide(self, strengths: Mapping[str, Sequence[float]]) -> dict[str, int]:
        """Return the combination of the strongest set, and its strongest candidates."""
        best = [max(self._on(c), key=strengths[c.name].__getitem__) for c in self.among]
        alone = [strengths[c.name][i] for c, i in zip(self.among, best, strict=True)]
        own = strengths[self.kept.name]
        sums = [own[i] + sum(alone[m] for m in members) for i, members in enumerate(self.sets)]
        return self._combination(max(range(len(sums)), key=sums.__getitem__), best)

    def sample(self, rng: Random, among: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """Return a random set with a random candidate for each of its choices."""
        left = [[i for i in self._on(c) if i in among[c.name]] for c in self.among]
        possible = [s for s in among[self.kept.name] if all(left[m] for m in self.sets[s])]
        chosen = rng.choice(possible or list(among[self.kept.name]))
        # So many closed candidates that some have to open.
        drawn = [rng.choice(i or self._on(c)) for i, c in zip(left, self.among, strict=True)]
        return self._combination(chosen, drawn)

    def describe(self) -> Sequence[object]:
        """Return the names of the choices, what turns them off, and which sets there are."""
        names = [choice.name for choice in self.among]
        return ["strongest set", names, self.off, self.kept.name, [list(s) for s in self.sets]]

    def _on(self, choice: Choice) -> list[int]:
        return [i for i, candidate in enumerate(choice.candidates) if candidate != self.off]

    def _combination(self, chosen: int, indices: Sequence[int]) -> dict[str, int]:
        members = self.sets[chosen]
        return {self.kept.name: chosen} | {
            c.name: indices[i] if i in members else c.candidates.index(self.off)
            for i, c in enumerate(self.among)
        }
