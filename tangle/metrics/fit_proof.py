"""A proof that a network runs at every choice, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tangle.core import Architecture, Candidate, SearchSpace
from tangle.core.covering import Covering, covering
from tangle.metrics.dry_run import DryRun, Failure
from tangle.metrics.usage import choice_uses
from tangle.nn import Supernet

Kind = Literal["exhaustive", "pairs", "related pairs"]
MOST_PAIRWISE = 64
"""Architectures that may hold all pairs of candidates; beyond, only pairs that meet are held."""
_MOST_MISFITS = 10


@dataclass(frozen=True)
class Misfit:
    """Candidates that do not go together.

    Attributes:
        values: The choices that cause it with their values, as few as do; none of them if every
            architecture fails.
        layer: Dotted path of the module that failed.
        message: What it said.
        superposed: Whether it is only the superposition of all architectures that fails.
    """

    values: Mapping[str, Candidate]
    layer: str
    message: str
    superposed: bool = False

    def __str__(self) -> str:
        cause = " with ".join(f"{name}={value}" for name, value in self.values.items())
        kind = "the superposed network" if self.superposed else "every architecture"
        return f"{cause or kind} does not fit in {self.layer}: {self.message}"


@dataclass(frozen=True)
class FitProof:
    """What was run to show that all choices fit.

    Attributes:
        kind: `exhaustive`: every architecture ran. `pairs`: every candidate, and every pair of
            candidates of two choices that can be active together. `related pairs`: every
            candidate, and the pairs of choices that one layer reads together.
        architectures: Number of architectures that ran sliced.
        pairs: Number of pairs of candidates that these hold; 0 if exhaustive.
        missing: Pairs and candidates that no architecture was found for.
        device: `meta`, where only shapes are computed, or `cpu`, for a network that needs numbers.
        superposed_activations: Bytes that a training forward of all architectures superposed keeps
            for the backward; 0 if it was not run.
        misfits: Candidates that do not go together, at most ten.
    """

    kind: Kind
    architectures: int
    pairs: int
    missing: int
    device: str
    superposed_activations: int
    misfits: tuple[Misfit, ...]

    @property
    def fits(self) -> bool:
        """Whether all that ran fits."""
        return not self.misfits


def prove_fit(supernet: Supernet, run: DryRun, *, exhaustive: int = 500) -> FitProof:
    """Run architectures that hold every candidate, and all of them superposed, on shapes alone.

    Args:
        supernet: The supernet.
        run: Runs it.
        exhaustive: Number of architectures up to which each of them is run.
    """
    space = supernet.space
    readers: dict[str, set[str]] = {name: set() for name in space}
    for use in choice_uses(supernet):
        readers[use.choice].add(use.layer)
    search = _MisfitSearch(space, run)
    if space.cardinality <= exhaustive:
        count = search.check(space.enumerate())
        proof = FitProof("exhaustive", count, 0, 0, run.device, 0, ())
    else:
        kind, found = _covering(space, readers)
        count = search.check([space.largest(), space.smallest(), *found.architectures])
        proof = FitProof(kind, count, found.pairs, len(found.missing), run.device, 0, ())
    misfits, kept = list(search.misfits), 0
    if not misfits:
        superposed = run.superposed()
        if isinstance(superposed, int):
            kept = superposed
        else:
            misfits = [Misfit({}, superposed.layer, superposed.message, superposed=True)]
    return replace(proof, superposed_activations=kept, misfits=tuple(misfits))


def _covering(space: SearchSpace, readers: Mapping[str, set[str]]) -> tuple[Kind, Covering]:
    if (found := covering(space, most=MOST_PAIRWISE)) is not None:
        return "pairs", found
    related = [
        (one, other)
        for one in space
        for other in space
        if one < other and readers[one] & readers[other]
    ]
    found = covering(space, related)
    assert found is not None  # there is no limit
    return "related pairs", found


class _MisfitSearch:
    """Runs architectures, and finds out which candidates make those fail that do."""

    def __init__(self, space: SearchSpace, run: DryRun) -> None:
        self._space = space
        self._run = run
        self._passed: list[Architecture] = []
        self._causes: list[Mapping[str, int]] = []
        self.misfits: list[Misfit] = []

    def check(self, architectures: Iterable[Architecture]) -> int:
        """Run architectures, except those that hold a known misfit; return how many there are."""
        failed: list[tuple[Architecture, Failure]] = []
        count = 0
        for arch in architectures:
            count += 1
            if (failure := self._run.fails(arch)) is None:
                self._passed.append(arch)
            else:
                failed.append((arch, failure))
        for arch, failure in failed:
            if len(self.misfits) < _MOST_MISFITS and not self._is_known(arch):
                self._explain(arch, failure)
        return count

    def _is_known(self, arch: Architecture) -> bool:
        return any(all(arch[n] == i for n, i in cause.items()) for cause in self._causes)

    def _explain(self, arch: Architecture, failure: Failure) -> None:
        cause = self._cause(arch, failure)
        self._causes.append(cause)
        values = {name: self._space[name].candidates[index] for name, index in cause.items()}
        self.misfits.append(Misfit(values, failure.layer, failure.message))

    def _cause(self, arch: Architecture, failure: Failure) -> dict[str, int]:
        """Return the candidates of an architecture without which the same layer would not fail.

        First what tells it from the closest architecture that runs is reverted as far as it goes;
        then each choice that is alike in both is changed to see if it matters.
        """
        if not self._passed:
            return {}
        base = min(self._passed, key=lambda other: sum(arch[n] != other[n] for n in arch))
        current = dict(arch)
        for name in arch:
            if current[name] != base[name] and self._fails({**current, name: base[name]}, failure):
                current[name] = base[name]
        cause = {name for name in current if current[name] != base[name]}
        for name in self._space:
            others = [i for i in range(len(self._space[name].candidates)) if i != current[name]]
            if name not in cause and any(
                not self._fails({**current, name: i}, failure) for i in others
            ):
                cause.add(name)
        return {name: index for name, index in current.items() if name in cause}

    def _fails(self, arch: Architecture, failure: Failure) -> bool:
        found = self._run.fails(arch)
        return found is not None and found.layer == failure.layer
