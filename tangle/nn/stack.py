"""A chain of blocks with a choice of depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tangle.core import Choice, Condition, Size, as_size, joint_candidates
from tangle.nn.binding import bound, checkpoint_context
from tangle.nn.elastic import Branch, Elastic, Extraction
from tangle.nn.functional import mix


class Stack(Elastic):
    """Blocks in a chain, of which the first `depth` run.

    Superposed, the activations after each candidate depth are mixed by the depth's weights.

    Args:
        depth: Number of blocks that run: a choice, or a number for a plain chain.
        blocks: As many blocks as the largest depth; each maps a tensor to one of the same shape,
            or, among those that run at every depth, to another.

    Attributes:
        recomputes: Whether training runs each block again during backward, instead of keeping what
            is inside (gradient checkpointing). Gradients and running statistics are the same.

    Raises:
        ValueError: If the number of blocks is not the largest depth, depths are not integers from
            zero, or several choices decide them.
    """

    def __init__(self, depth: Choice | int, blocks: Iterable[nn.Module]) -> None:
        super().__init__()
        self.recomputes = False
        self.blocks = nn.ModuleList(blocks)
        self._depth: Size = as_size(depth)
        _check_depth(self._depth)
        table = self._depth.table()
        if self._depth.max != len(self.blocks):
            raise ValueError(
                f"A stack with depths {table} needs {self._depth.max} blocks, "
                f"but got {len(self.blocks)}: build as many as the largest depth"
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation after the bound depth, or the mixture over depths."""
        scope = bound()
        if scope.is_relaxed and self._depth.choices:
            weights = scope.weights()[self._depth.choices[0].name]
            return mix(weights, self._after_each_depth(x))
        for block in islice(self.blocks, self._depth.at(scope.indices())):
            x = self._run(block, x)
        return x

    def _after_each_depth(self, x: Tensor) -> list[Tensor]:
        """Return the activation after each candidate depth, in the order of candidates."""
        activations = [x]
        for block in self.blocks:
            activations.append(self._run(block, activations[-1]))
        return [activations[depth] for depth in self._depth.table()]

    def _run(self, block: nn.Module, x: Tensor) -> Tensor:
        if not (self.recomputes and self.training and torch.is_grad_enabled()):
            return block(x)  # type: ignore[no-any-return]
        return checkpoint(block, x, use_reentrant=False, context_fn=checkpoint_context)  # type: ignore[no-any-return]

    def own_choices(self) -> Sequence[Choice]:
        """Return the choice of depth."""
        return self._depth.choices

    def branches(self) -> Sequence[Branch]:
        """Return the blocks; block i runs while the depth is above i."""
        return [Branch(block, self._runs(i)) for i, block in enumerate(self.blocks)]

    def _runs(self, block: int) -> Condition | None:
        depths = self._depth.table()
        if min(depths) > block:
            return None
        indices = frozenset(i for i, depth in enumerate(depths) if depth > block)
        return Condition(self._depth.choices[0].name, indices)

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return a `torch.nn.Sequential` of the blocks that run."""
        running = islice(self.blocks, self._depth.at(arch))
        return nn.Sequential(*(extraction.module(block, arch) for block in running))


def _check_depth(depth: Size) -> None:
    if len(depth.choices) > 1:
        raise ValueError(
            f"A stack can't have the depth {depth}, which several choices decide: give it a choice "
            "of its own"
        )
    for arch in joint_candidates(depth.choices):
        if depth.value(arch) != depth.at(arch) or depth.at(arch) < 0:
            raise ValueError(
                f"A stack can't have {depth.value(arch)} blocks: its depths must be integers from "
                "zero"
            )
