"""Where in a network a module is, and under which choices it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import nn

from tangle.core import Choice, Condition, Use
from tangle.nn.elastic import Derived, Elastic, Settled


@dataclass(frozen=True)
class Place:
    """One place of a module in a network; a module that is shared has several.

    Attributes:
        module: The module.
        use: The conditions under which the place is reached.
        derived: By name, the choices that modules around this place decide for it, by others.
        settled: By name, those that they decide by themselves.
    """

    module: nn.Module
    use: Use = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)
    settled: Mapping[str, Settled] = field(default_factory=dict)

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
        settled = {name: by.index for name, by in self.settled.items()}
        return {**arch, **decided, **settled}

    def deciding(self, choices: Sequence[Choice]) -> tuple[str, ...]:
        """Return names of the search space's choices that decide some choices of the module."""
        names = (
            self.derived[choice.name].by if _has(self.derived, choice) else choice.name
            for choice in choices
            if not _has(self.settled, choice)
        )  # fmt: skip
        return tuple(dict.fromkeys(names))

    def decides(self, choice: Choice) -> bool:
        """Return whether a choice is decided around this place, and none of the space's."""
        return _has(self.derived, choice) or _has(self.settled, choice)


def _has(decided: Mapping[str, Derived] | Mapping[str, Settled], choice: Choice) -> bool:
    return choice.name in decided and decided[choice.name].choice == choice


def places(net: nn.Module) -> Iterator[Place]:
    """Yield every place of every module in a network, outer before inner ones."""
    yield from _walk(Place(net))


def _walk(place: Place) -> Iterator[Place]:
    yield place
    if not isinstance(place.module, Elastic):
        for child in place.module.children():
            yield from _walk(replace(place, module=child))
        return
    for branch in place.module.branches():
        use, derived, settled = place.use, place.derived, place.settled
        if (condition := branch.condition) is not None:
            by, indices = _decided(condition.choice, sorted(condition.indices), derived)
            use = (*use, Condition(by, frozenset(indices)))
        if (decided := branch.derived) is not None:
            by, indices = _decided(decided.by, decided.indices, derived)
            derived = {**derived, decided.choice.name: Derived(decided.choice, by, indices)}
        if branch.settled is not None:
            settled = {**settled, branch.settled.choice.name: branch.settled}
        yield from _walk(Place(branch.module, use, derived, settled))


def _decided(
    name: str, indices: Sequence[int], derived: Mapping[str, Derived]
) -> tuple[str, tuple[int, ...]]:
    """Return candidate indices of a choice as those of the search space's choice that decides."""
    if name not in derived:
        return name, tuple(indices)
    return derived[name].by, tuple(derived[name].indices[i] for i in indices)
