"""What one update minimises: the mean loss over batches and drawn architectures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import Tensor

from tangle.algorithms.base import SearchAlgorithm
from tangle.core import Architecture, Relaxation
from tangle.modules.batches import Pair
from tangle.modules.compiled import Compiled
from tangle.modules.task import Task
from tangle.nn import Supernet

_LOOKED_AT = 32
"""Updates after which an algorithm is taken to draw a single architecture always."""


@dataclass(frozen=True)
class Objective:
    """The losses of an update, one for each batch and drawn architecture.

    Attributes:
        supernet: Runs the architectures.
        task: Gives their loss.
        algorithm: Draws them.
        distillation: Share of the loss of all but the first drawn architecture that imitates the
            first one's output on the same batch, in [0, 1].
        budget: What the expected cost of a relaxed architecture adds to the architecture loss.
        compiled: Runs the supernet's architectures in its place.
    """

    supernet: Supernet
    task: Task
    algorithm: SearchAlgorithm
    distillation: float = 0.0
    budget: Callable[[Relaxation], Tensor | float] | None = None
    compiled: Compiled | None = None

    def losses(self, purpose: str, pairs: Sequence[Pair], step: int) -> list[Callable[[], Tensor]]:
        """Return functions that compute the losses, to be called in order.

        Args:
            purpose: `arch` to reach the alphas by backward, `weights` to reach the weights;
                `unrolled` for the loss of weights as it depends on both, drawn as for `arch`.
            pairs: Batches of inputs and targets.
            step: Count of search steps so far.
        """
        count = len(self._draw(step, purpose))
        return [
            partial(self._loss, purpose, step, draw, pair, lesson)
            for pair in pairs
            for lesson in [_Lesson()]
            for draw in range(count)
        ]

    def is_relaxed(self, purpose: str, step: int) -> bool:
        """Return whether the last architecture of an update is relaxed, and reaches all weights."""
        last = self._draw(step, purpose)[-1]
        return any(isinstance(value, Tensor) for value in last.values())

    def leave_out(self, step: int) -> None:
        """Take away the gradients of weights that no drawn architecture of an update has."""
        if self.compiled is not None:
            self.compiled.leave_out(self._draw(step, "weights"))

    def _draw(self, step: int, purpose: str) -> Sequence[Architecture | Relaxation]:
        return self.algorithm.draw(step, "arch" if purpose == "unrolled" else purpose)

    def _loss(self, purpose: str, step: int, draw: int, pair: Pair, lesson: _Lesson) -> Tensor:
        # Drawn again, and so the same: backward uses up the graph from alphas to weights.
        arch = self._draw(step, purpose)[draw]
        x, target = pair
        run = self.compiled or self.supernet
        output = run(x, _detached(arch) if purpose == "weights" else arch)
        loss = self.task.loss(output, target)
        if purpose == "arch":
            return loss + self.algorithm.penalty() + self._cost(arch)
        if self.distillation == 0:
            return loss
        if draw == 0:
            lesson.output = output.detach()
            return loss
        imitation = self.task.imitation(output, lesson.output)
        return (1 - self.distillation) * loss + self.distillation * imitation

    def _cost(self, arch: Architecture | Relaxation) -> Tensor | float:
        return 0.0 if self.budget is None else self.budget(arch)  # type: ignore[arg-type]


@dataclass
class _Lesson:
    """What the first architecture of a batch says, for the others to imitate."""

    output: Any = field(default=None)


def draws_several(algorithm: SearchAlgorithm) -> bool:
    """Return whether an algorithm draws several architectures in an update, if not in each."""
    return any(len(algorithm.draw(step)) > 1 for step in range(_LOOKED_AT))


def _detached(arch: Architecture | Relaxation) -> Architecture | Relaxation:
    return {n: v.detach() if isinstance(v, Tensor) else v for n, v in arch.items()}  # type: ignore[return-value]
