"""The most that an architecture may cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from tangle.core import Architecture, SearchSpace

Cost = Callable[[Architecture], float]


@dataclass(frozen=True)
class Budget:
    """Limits of costs, which are found to be feasible before anything is evaluated.

    Attributes:
        space: The search space.
        costs: Each cost as a function of the architecture, by name.
        limits: The most that an architecture may have of some of them.
        cheapest: An architecture within the limits.

    Raises:
        ValueError: If a limit is not positive, or no architecture keeps it.
    """

    space: SearchSpace
    costs: Mapping[str, Cost] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    cheapest: Architecture = field(init=False)

    def __post_init__(self) -> None:
        for name, limit in self.limits.items():
            if not limit > 0:
                raise ValueError(f"max_{name} is {limit:,g}: it must be above 0")
        object.__setattr__(self, "cheapest", self._find_cheapest(self.limits))
        if not self.allows(self.cheapest):
            self._refuse()

    def allows(self, arch: Architecture) -> bool:
        """Return whether an architecture keeps all limits."""
        return all(self.costs[name](arch) <= limit for name, limit in self.limits.items())

    def fit(self, arch: Architecture, rng: Random) -> dict[str, int]:
        """Return an architecture within the limits, reached by random steps from a given one.

        Each step takes one choice to the next smaller candidate, so no more is given up than is
        needed on the way that chance takes.
        """
        arch = dict(arch)
        while not self.allows(fitting := self.space.canonical(arch)):
            name = rng.choice([n for n in self.space if arch[n] != self.cheapest[n]])
            order = self.space[name].order()
            position, goal = order.index(arch[name]), order.index(self.cheapest[name])
            arch[name] = order[position + (1 if goal > position else -1)]
        return fitting

    def _find_cheapest(self, limits: Mapping[str, float]) -> dict[str, int]:
        """Return the smallest architecture, or where it is too expensive a better one.

        The smallest numbers need not cost least, and text has no size: then each choice in turn
        takes its cheapest candidate, until nothing improves.
        """

        def excess(arch: Architecture) -> float:
            shares = [self.costs[name](arch) / limit for name, limit in limits.items()]
            return max(shares, default=0.0)

        best = self.space.smallest()
        improves = True
        while improves and excess(best) > 1:
            improves = False
            for name, choice in self.space.items():
                for index in range(len(choice.candidates)):
                    other = self.space.canonical({**best, name: index})
                    if excess(other) < excess(best):
                        best, improves = other, True
        return best

    def _refuse(self) -> None:
        """Raise, naming the limit that is exceeded and what there is."""
        name = max(self.limits, key=lambda n: self.costs[n](self.cheapest) / self.limits[n])
        cost, limit = self.costs[name], self.limits[name]
        least = cost(self._find_cheapest({name: limit}))
        most = cost(self.space.largest())
        if limit < least:
            remedy = f"give at least {_text(least)}"
        else:  # each alone can be kept
            names = " and ".join(f"max_{n}" for n in self.limits)
            remedy = f"none found keeps {names} together, so raise one of them"
        raise ValueError(
            f"max_{name} is {_text(limit)}, but the architectures of this search space have from "
            f"{_text(least)} (smallest) to {_text(most)} {name} (largest): {remedy}"
        )


def _text(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else f"{number:,}"
