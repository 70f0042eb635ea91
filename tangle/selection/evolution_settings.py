"""The numbers of an evolutionary search."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tangle.core import SearchSpace


@dataclass(frozen=True)
class EvolutionSettings:
    """Sizes of a generation, and how much its members differ from their parents.

    The defaults are those of AutoFormer (Chen et al., ICCV 2021), which the TangleNAS paper takes
    for its SPOS + ES; its conv-macro runs have population 30 with 10 mutants and 10 crossovers.

    Attributes:
        population: Architectures in a generation; those of the first are random.
        select: Number of best architectures so far from which parents are drawn.
        mutants: Mutants in a generation; None makes it half of the population.
        crossovers: Crossings in a generation; None fills up the population. What mutants and
            crossovers leave of it is random.
        mutation: Probability with which a mutant draws a choice anew, in [0, 1].
        structural_mutation: The same for structural choices.
        structural: Names of the structural choices; None means those on which others depend, such
            as depth. AutoFormer and the language models of the paper count the embedding too.

    Raises:
        ValueError: If a number is out of range.
    """

    population: int = 50
    select: int = 10
    mutants: int | None = None
    crossovers: int | None = None
    mutation: float = 0.2
    structural_mutation: float = 0.4
    structural: Collection[str] | None = None

    def __post_init__(self) -> None:
        for name, value in (("population", self.population), ("select", self.select)):
            if value < 1:
                raise ValueError(f"{name} is {value}: it must be at least 1")
        for name, count in (("mutants", self.mutants), ("crossovers", self.crossovers)):
            if count is not None and not 0 <= count <= self.population:
                raise ValueError(
                    f"{name} is {count}: it must be from 0 to the population of {self.population}"
                )
        for name, probability in (
            ("mutation", self.mutation),
            ("structural_mutation", self.structural_mutation),
        ):
            if not 0 <= probability <= 1:
                raise ValueError(f"{name} is {probability}: a probability must be in [0, 1]")
        if self.num_mutants + self.num_crossovers > self.population:
            raise ValueError(
                f"{self.num_mutants} mutants and {self.num_crossovers} crossovers are more than "
                f"the population of {self.population}: make it larger, or them fewer"
            )

    @property
    def num_mutants(self) -> int:
        """Mutants in a generation."""
        if self.mutants is not None:
            return self.mutants
        return min(self.population // 2, self.population - (self.crossovers or 0))

    @property
    def num_crossovers(self) -> int:
        """Crossings in a generation."""
        if self.crossovers is not None:
            return self.crossovers
        return self.population - self.num_mutants

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        structural = None if self.structural is None else sorted(self.structural)
        return {**vars(self), "structural": structural}

    def structural_in(self, space: SearchSpace) -> frozenset[str]:
        """Return the structural choices of a space.

        Raises:
            ValueError: If one that is named is no choice of it.
        """
        if self.structural is None:
            return space.structural
        if unknown := sorted(set(self.structural) - set(space)):
            raise ValueError(
                f"structural names {', '.join(unknown)}, but the choices of the search space are "
                f"{', '.join(space)}"
            )
        return frozenset(self.structural)
