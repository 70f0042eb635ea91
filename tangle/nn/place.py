"""Where in a network a module is, and under which choices it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torch import nn

from tangle.core import Choice, Condition, Use
from tangle.nn.elastic import Derived, Elastic


@dataclass(frozen=True)
class Place:
    """One place of a module in a network; a module that is shared has several.

    Attributes:
        module: The module.
        use: The conditions under which the place is reached.
        derived: By name, the choices that modules around this place decide for it.
    """

    module: nn.Module
    use: Use = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)

    def is_reached(self, arch: Mapping[str, int]) -> bool:
        """Return whether the module runs here at an architecture of the search space."""
        return all(condition.holds(arch) for condition in self.use)

    def local(self, arch: Mapping[str, int]) -> dict[str, int]:
        """Return the architecture that the module sees here, where it is reached."""
        decided = {
            name: by.indices.index(arch[by.by])
            for name, by in self.derived.items()
            if arch.get(by.by) in by.indices
        }
        return {**arch, **decided}

    def deciding(self, choices: Sequence[Choice]) -> tuple[str, ...]:
        """Return names of the search space's choices that decide some choices of the module."""
        names = (self.derived[c.name].by if self.decides(c) else c.name for c in choices)
        return tuple(dict.fromkeys(names))

    def decides(self, choice: Choice) -> bool:
        """Return whether a choice is decided around this place, and none of the space's."""
        return choice.name in self.derived and self.derived[choice.name].choice == choice


def places(net: nn.Module) -> Iterator[Place]:
    """Yield every place of every module in a network, outer before inner ones."""
    yield from _walk(Place(net))


def _walk(place: Place) -> Iterator[Place]:
    yield place
    if not isinstance(place.module, Elastic):
        for child in place.module.children():
            yield from _walk(Place(child, place.use, place.derived))
        return
    for branch in place.module.branches():
        use, derived = place.use, place.derived
        if (condition := branch.condition) is not None:
            by, indices = _decided(condition.choice, sorted(condition.indices), derived)
            use = (*use, Condition(by, frozenset(indices)))
        if (decided := branch.derived) is not None:
            by, indices = _decided(decided.by, decided.indices, derived)
            derived = {**derived, decided.choice.name: Derived(decided.choice, by, indices)}
        yield from _walk(Place(branch.module, use, derived))


def _decided(
    name: str, indices: Sequence[int], derived: Mapping[str, Derived]
) -> tuple[str, tuple[int, ...]]:
    """Return candidate indices of a choice as those of the search space's choice that decides."""
    if name not in derived:
        return name, tuple(indices)
    return derived[name].by, tuple(derived[name].indices[i] for i in indices)
