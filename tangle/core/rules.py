"""All rules of a search space together."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random

from tangle.core.choice import Choice
from tangle.core.rule import Rule


class Rules:
    """Rules that are about different choices.

    Args:
        rules: The rules; equal ones may repeat.
        choices: The choices of the search space, by name.
        tied: Names of choices that depend on others, or that others depend on.

    Raises:
        ValueError: If a rule is about a choice that is none of the space's, is tied, or is in
            another rule.
    """

    def __init__(
        self, rules: Iterable[Rule], choices: Mapping[str, Choice], tied: Collection[str]
    ) -> None:
        self._rules = tuple(dict.fromkeys(rules))
        ruled = [choice.name for rule in self._rules for choice in rule.choices]
        self.names = frozenset(ruled)
        for choice in (choice for rule in self._rules for choice in rule.choices):
            problem = (
                "is no choice of the search space" if choices.get(choice.name) != choice
                else "is in another rule too" if ruled.count(choice.name) > 1
                else "depends on other choices, or they on it" if choice.name in tied
                else None
            )  # fmt: skip
            if problem:
                raise ValueError(
                    f"A rule is about the choice {choice.name!r}, which {problem}: rules are about "
                    "choices that are always active, each in one rule"
                )

    @property
    def cardinality(self) -> int:
        """The number of combinations of all choices in rules that are admitted."""
        return math.prod(rule.cardinality for rule in self._rules)

    def decide(self, strengths: Mapping[str, Sequence[float]]) -> dict[str, int]:
        """Return how strengths of candidates decide the choices in rules."""
        return {
            name: index
            for rule in self._rules
            for name, index in rule.decide(
                {choice.name: strengths[choice.name] for choice in rule.choices}
            ).items()
        }

    def sample(self, rng: Random, among: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """Return a random candidate of each choice in rules."""
        return {
            name: index
            for rule in self._rules
            for name, index in rule.sample(
                rng, {choice.name: among[choice.name] for choice in rule.choices}
            ).items()
        }

    def nearest(self, arch: Mapping[str, int]) -> dict[str, int]:
        """Return an architecture that keeps to the rules: the given one if it does."""
        return {**arch, **{n: i for rule in self._rules for n, i in rule.nearest(arch).items()}}

    def admit(self, arch: Mapping[str, int]) -> bool:
        """Return whether an architecture keeps to all rules."""
        return all(rule.admits(arch) for rule in self._rules)

    def describe(self) -> Sequence[Sequence[object]]:
        """Return the rules as plain values, in an order that does not depend on theirs."""
        return sorted((rule.describe() for rule in self._rules), key=str)
