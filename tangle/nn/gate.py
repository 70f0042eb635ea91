"""A part of a network that is there for some candidates of a choice only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from tangle.core import Choice
from tangle.nn.binding import bound
from tangle.nn.elastic import Branch, Elastic, Extraction


class Gate(Elastic):
    """A module that runs under some candidates of a choice, and another one under the rest.

    Superposed, the module's output is multiplied by the sum of these candidates' weights; the other
    one does not run, as it returns zeros. Unlike in a `OneOf`, the choices of the module stay
    active whichever candidate is chosen: it is for choices that a rule of the space ties to this
    one, such as operations of edges that are `none` where the edge is left out.

    Args:
        choice: A choice.
        under: Indices of the candidates under which the module runs.
        module: The module.
        zero: A module that returns zeros in the shape of the other's output.

    Raises:
        ValueError: If no candidate is given, or one is out of range.
    """

    def __init__(
        self, choice: Choice, under: Collection[int], module: nn.Module, zero: nn.Module
    ) -> None:
        super().__init__()
        if not under or not set(under) <= set(range(len(choice.candidates))):
            raise ValueError(
                f"A module can't be gated by the candidates {sorted(under)} of {choice.name!r}: "
                f"give at least one index from 0 to {len(choice.candidates) - 1}"
            )
        self.choice = choice
        self.under = tuple(sorted(set(under)))
        self.module = module
        self.zero = zero

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the module that runs, or a share of the gated one's."""
        scope = bound()
        if scope.is_relaxed:
            weights = scope.weights()[self.choice.name].unbind()
            mass = torch.stack([weights[index] for index in self.under]).sum()
            return mass * self.module(x)  # type: ignore[no-any-return]
        return self._chosen(scope.indices())(x)  # type: ignore[no-any-return]

    def _chosen(self, arch: Mapping[str, int]) -> nn.Module:
        return self.module if arch[self.choice.name] in self.under else self.zero

    def own_choices(self) -> Sequence[Choice]:
        """Return the choice."""
        return (self.choice,)

    def branches(self) -> Sequence[Branch]:
        """Return both modules; neither has a condition, see the class."""
        return [Branch(self.module), Branch(self.zero)]

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return the module that runs."""
        return extraction.module(self._chosen(arch), arch)
