"""The one ambient thing: the architecture that the running forward is bound to.

`supernet(x, arch)` binds `arch` while its network runs, and the layers inside look it up here. The
binding ends with the forward, so it can't go stale.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


@dataclass
class Scope:
    """A bound architecture, and what layers computed from it during this forward.

    Attributes:
        arch: Candidate index (discrete) or weights (relaxed) for each choice.
        is_relaxed: Whether layers superpose their versions instead of slicing one.
        settled: Candidate index of choices that a module decided for its part whatever the
            architecture: they are sliced even where all others are superposed.
        memo: Results that layers with the same axes share.
        is_checkpointed: Whether backward runs this part of the forward again.
        is_again: Whether this is that second run, which must count nothing twice.
    """

    arch: Mapping[str, int] | Mapping[str, Tensor]
    is_relaxed: bool
    settled: Mapping[str, int] = field(default_factory=dict)
    memo: dict[tuple[str, bool], Tensor] = field(default_factory=dict)
    is_checkpointed: bool = False
    is_again: bool = False

    def once(self, key: str, compute: Callable[[], Tensor]) -> Tensor:
        """Return the result under `key`, computed at the first call of this forward.

        What a part under `torch.no_grad` computes has no gradient, so it is not for the others.
        """
        entry = key, torch.is_grad_enabled()
        if entry not in self.memo:
            self.memo[entry] = compute()
        return self.memo[entry]

    def at(self, arch: Mapping[str, int] | Mapping[str, Tensor]) -> Scope:
        """Return the scope of a part that runs at another architecture of the same kind."""
        return replace(self, arch=arch, memo={})

    def settling(self, name: str, index: int) -> Scope:
        """Return the scope of a part that has one candidate of a choice, whatever the others."""
        arch = self.arch if self.is_relaxed else {**self.indices(), name: index}
        return replace(self, arch=arch, settled={**self.settled, name: index}, memo={})

    def sliced(self) -> Mapping[str, int]:
        """Return the candidate index of choices that are sliced: all, or those that are settled."""
        return self.settled if self.is_relaxed else self.indices()

    def weights(self) -> Mapping[str, Tensor]:
        """Return the relaxed architecture: weights `[K]` for each choice."""
        return self.arch  # type: ignore[return-value]

    def indices(self) -> Mapping[str, int]:
        """Return the discrete architecture: a candidate index for each choice."""
        return self.arch  # type: ignore[return-value]


class _Running(threading.local):
    """The bound scope of a thread. There from the start: compiled code is kept for what it saw."""

    scope: Scope | None

    def __init__(self) -> None:
        self.scope = None


_running = _Running()


@contextmanager
def enter(scope: Scope) -> Iterator[Scope]:
    """Make `scope` the bound one within the block."""
    outer = _running.scope
    _running.scope = scope
    try:
        yield scope
    finally:
        _running.scope = outer


def bind(arch: Mapping[str, int] | Mapping[str, Tensor]) -> AbstractContextManager[Scope]:
    """Bind a discrete or relaxed architecture within the block.

    Raises:
        ValueError: If some choices are relaxed and others discrete.
    """
    relaxed = [isinstance(value, Tensor) for value in arch.values()]
    if any(relaxed) and not all(relaxed):
        raise ValueError(
            "An architecture must be discrete (candidate indices) or relaxed (weights) for all "
            f"choices alike, but it mixes both: {dict(arch)}"
        )
    return enter(Scope(arch, is_relaxed=any(relaxed)))


def bound() -> Scope:
    """Return the scope of the running forward.

    Raises:
        LookupError: If no architecture is bound.
    """
    scope = _running.scope
    if scope is None:
        raise LookupError(
            "No architecture is bound: a layer with choices runs only inside supernet(x, arch). "
            "Wrap the network in tangle.Supernet and pass, say, arch=supernet.space.largest(); to "
            "torch.utils.checkpoint, pass context_fn=tnn.checkpoint_context"
        )
    return scope


def checkpoint_context() -> tuple[AbstractContextManager[Scope], AbstractContextManager[Scope]]:
    """Return the `context_fn` for `torch.utils.checkpoint.checkpoint(use_reentrant=False)`.

    The forward is run again during backward, outside of `supernet(x, arch)`. It then sees the same
    architecture, and the memo as it was here, so that it computes exactly the same tensors.
    """
    scope = replace(bound(), is_checkpointed=True)
    return enter(scope), enter(replace(scope, memo=dict(scope.memo), is_again=True))
