"""The search space: every choice of a network, and which of them matter when."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from random import Random

from tangle.core.cardinality import count_networks
from tangle.core.choice import Candidate, Choice
from tangle.core.condition import Use, is_reached
from tangle.core.rule import Rule
from tangle.core.rules import Rules
from tangle.core.size import joint_candidates

Architecture = Mapping[str, int]
"""Choice name -> candidate index."""


class SearchSpace(Mapping[str, Choice]):
    """Every choice of a network by name, in the order in which the network meets them.

    A choice can be *inactive*: the width of a block beyond the chosen depth changes nothing.
    Architectures that differ in inactive choices only are one network; `canonical` picks the one
    of them whose inactive choices take their first candidate, and everything here speaks of
    canonical architectures. A space may also have *rules* that tie several choices together, such
    as that a node keeps two of its incoming edges; canonical architectures keep to them.

    Args:
        choices: The choices; equal ones may repeat.
        uses: For a choice name, the places that use it, each with the conditions under which it
            is reached. A name that is absent is always active.
        rules: Which combinations of choices are admitted; equal ones may repeat.

    Raises:
        ValueError: If two choices share a name but not their candidates, a condition is on no
            choice of the space, or a rule is about a choice that is no plain one.
    """

    def __init__(
        self,
        choices: Iterable[Choice],
        uses: Mapping[str, Sequence[Use]] | None = None,
        rules: Iterable[Rule] = (),
    ) -> None:
        self._choices: dict[str, Choice] = {}
        for choice in choices:
            known = self._choices.setdefault(choice.name, choice)
            if known != choice:
                raise ValueError(
                    f"Two choices are named {choice.name!r} but have different candidates, "
                    f"{known.candidates} and {choice.candidates}: rename one of them"
                )
        # A choice with one unconditional use is always active.
        self._uses = {
            name: tuple(dict.fromkeys(places))
            for name, places in (uses or {}).items()
            if name in self._choices and all(places)
        }
        self._check_conditions()
        conditions = (c for places in self._uses.values() for use in places for c in use)
        self.rules = Rules(rules, self._choices, {*self._uses, *(c.choice for c in conditions)})

    def _check_conditions(self) -> None:
        for name, places in self._uses.items():
            for condition in (condition for use in places for condition in use):
                if condition.choice not in self._choices:
                    raise ValueError(
                        f"Choice {name!r} depends on {condition.choice!r}, which is no choice of "
                        "the search space: add it, or leave the condition out"
                    )

    def __getitem__(self, name: str) -> Choice:
        return self._choices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)

    def __repr__(self) -> str:
        return f"SearchSpace({len(self)} choices, {self.cardinality:,} architectures)"

    @cached_property
    def structural(self) -> frozenset[str]:
        """The names of the choices that decide whether others matter, such as depth."""
        places = (use for uses in self._uses.values() for use in uses)
        return frozenset(condition.choice for use in places for condition in use)

    def active(self, arch: Architecture) -> set[str]:
        """Return the names of the choices that change the network, given the others."""
        return self._active(arch, self)

    def _active(self, arch: Architecture, names: Iterable[str]) -> set[str]:
        """Return which of some choices, that depend on each other only, are active."""
        active = {name for name in names if name not in self._uses}
        conditional = [name for name in names if name in self._uses]
        while reached := [
            name
            for name in conditional
            if name not in active and is_reached(self._uses[name], arch, active)
        ]:
            active.update(reached)
        return active

    def canonical(self, arch: Architecture) -> dict[str, int]:
        """Return the same network with every inactive choice at its first candidate.

        An architecture that breaks a rule of the space becomes one close to it that does not.
        """
        self.validate(arch)
        arch = self.rules.nearest(arch)
        active = self.active(arch)
        return {name: arch[name] if name in active else 0 for name in self}

    def decide(self, strengths: Mapping[str, Sequence[float]]) -> dict[str, int]:
        """Return the architecture that strengths of the candidates speak for.

        Each choice takes its strongest candidate, the first of equals, unless a rule decides it
        together with others.

        Args:
            strengths: For each choice the strength of each candidate, comparable between choices,
                such as a probability or its logarithm; minus infinity for one that is closed.
        """
        strongest = {n: max(range(len(s)), key=s.__getitem__) for n, s in strengths.items()}
        return self.canonical(strongest | self.rules.decide(strengths))

    def sample(
        self, rng: Random, among: Mapping[str, Sequence[int]] | None = None
    ) -> dict[str, int]:
        """Return an architecture with each active choice drawn uniformly.

        Choices that a rule ties together are drawn as the rule says.

        Args:
            rng: Source of random numbers.
            among: For each choice its open candidates; None opens all.
        """
        among = among or {name: range(len(choice.candidates)) for name, choice in self.items()}
        free = {n: rng.choice(among[n]) for n in self if n not in self.rules.names}
        return self.canonical(free | self.rules.sample(rng, among))

    def largest(self) -> dict[str, int]:
        """Return the architecture of the largest numbers (for text, the last candidates)."""
        return self.canonical({name: choice.order()[-1] for name, choice in self.items()})

    def smallest(self) -> dict[str, int]:
        """Return the architecture of the smallest numbers (for text, the first candidates)."""
        return self.canonical({name: choice.order()[0] for name, choice in self.items()})

    def enumerate(self) -> Iterator[dict[str, int]]:
        """Yield every distinct architecture once, the first choice varying slowest."""
        for arch in joint_candidates(tuple(self.values())):
            active = self.active(arch)
            is_distinct = all(index == 0 or name in active for name, index in arch.items())
            if is_distinct and self.rules.admit(arch):
                yield arch

    @cached_property
    def cardinality(self) -> int:
        """The number of distinct networks."""
        free = (group for group in self._groups() if group.isdisjoint(self.rules.names))
        return self.rules.cardinality * math.prod(self._count(group) for group in free)

    def _groups(self) -> list[set[str]]:
        """Partition the choices so that conditions stay within a part."""
        groups = [{name} for name in self]
        for name, places in self._uses.items():
            linked = {name} | {condition.choice for use in places for condition in use}
            touched = [group for group in groups if group & linked]
            groups = [group for group in groups if not group & linked] + [set().union(*touched)]
        return groups

    def _count(self, group: set[str]) -> int:
        """Count the distinct networks of one part."""
        sizes = {name: len(self[name].candidates) for name in self if name in group}
        uses = {name: self._uses[name] for name in sizes if name in self._uses}
        if (number := count_networks(sizes, uses)) is not None:
            return number
        places = [use for name in group for use in self._uses.get(name, ())]
        deciding = {condition.choice for use in places for condition in use}
        others = group - deciding
        count = 0
        for arch in joint_candidates([self[name] for name in self if name in deciding]):
            active = self._active(arch, group)
            if all(index == 0 or name in active for name, index in arch.items()):
                count += math.prod(len(self[name].candidates) for name in others & active)
        return count

    def validate(self, arch: Architecture) -> None:
        """Check that an architecture decides exactly this space's choices.

        Raises:
            ValueError: Names the missing, unknown or out-of-range choice.
        """
        if arch.keys() != self._choices.keys():
            self._refuse_names(arch)
        for name, choice in self._choices.items():
            count = len(choice.candidates)
            index = arch[name]
            is_integer = isinstance(index, int) and not isinstance(index, bool)
            if not is_integer or not 0 <= index < count:
                raise ValueError(
                    f"Choice {name!r} has candidate index {index!r}, "
                    f"but it must be an integer from 0 to {count - 1} for {choice.candidates}"
                )

    def _refuse_names(self, arch: Mapping[str, object]) -> None:
        missing = [name for name in self if name not in arch]
        unknown = [name for name in arch if name not in self._choices]
        raise ValueError(
            "The architecture does not fit the search space: "
            + "; ".join(
                f"{word} {', '.join(map(repr, names))}"
                for word, names in (("missing", missing), ("unknown", unknown))
                if names
            )
            + f". The space has the choices {', '.join(self)}"
        )

    def describe(self, arch: Architecture) -> dict[str, Candidate]:
        """Return the chosen values, readable and independent of the candidates' order."""
        return {name: self[name].candidates[i] for name, i in self.canonical(arch).items()}

    def parse(self, values: Mapping[str, Candidate]) -> dict[str, int]:
        """Return the architecture of the chosen values; the inverse of `describe`.

        Raises:
            ValueError: Names the missing or unknown choice, or the value that is no candidate.
        """
        if values.keys() != self._choices.keys():
            self._refuse_names(values)
        for name, value in values.items():
            if value not in self[name].candidates:
                raise ValueError(
                    f"Choice {name!r} has the value {value!r}, "
                    f"but its candidates are {self[name].candidates}"
                )
        return self.canonical({n: c.candidates.index(values[n]) for n, c in self.items()})

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that identify choices, conditions and rules.

        2 and 2.0 are the same candidate: a file gives floats where code has integers.
        """
        choices = {name: [_whole(c) for c in choice.candidates] for name, choice in self.items()}
        uses = {
            name: sorted([[c.choice, sorted(c.indices)] for c in use] for use in places)
            for name, places in self._uses.items()
        }
        text = json.dumps([choices, uses, *self.rules.describe()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _whole(candidate: Candidate) -> Candidate:
    """Return a float without fraction as the integer that it equals."""
    whole = isinstance(candidate, float) and candidate.is_integer()
    return int(candidate) if whole else candidate
