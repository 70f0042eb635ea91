"""The architecture parameters of gradient-based search."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from tangle.core import SearchSpace

_HALF = (torch.float16, torch.bfloat16)
INIT_STD = 1e-3
"""Standard deviation at the start, as in the paper's code: nearly no preference."""


class ArchParameters(nn.Module):
    """One vector of alphas for each choice, `[K]`, starting at `1e-3 * N(0, 1)`.

    They stay in single precision, or in double, where a module around them is in half precision.

    Args:
        space: The search space.
        seed: Seed of the start.
    """

    def __init__(self, space: SearchSpace, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self._names = tuple(space)
        self.alphas = nn.ParameterList(
            nn.Parameter(INIT_STD * torch.randn(len(choice.candidates), generator=generator))
            for choice in space.values()
        )

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """Yield each choice's name and alphas."""
        return zip(self._names, self.alphas, strict=True)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> ArchParameters:
        """Move alphas as any module does its parameters, but never into half precision.

        There a step of 1e-3 is lost next to an alpha of 1, and the search would stand still.
        """

        def precise(tensor: Tensor) -> Tensor:
            moved = fn(tensor)
            return tensor.to(moved.device) if moved.dtype in _HALF else moved

        return super()._apply(precise, recurse)  # type: ignore[no-untyped-call, no-any-return]

    def strengths(self, among: Mapping[str, Sequence[int]]) -> dict[str, list[float]]:
        """Return the logarithm of each choice's softmax over the given candidates.

        It orders candidates as the alphas do, and can be compared between choices.

        Args:
            among: For each choice its open candidates; the others get minus infinity.
        """
        strengths = {}
        for name, alpha in self.items():
            indices = list(among[name])
            logs = alpha.detach().cpu().double()[indices].log_softmax(0).tolist()
            strength = [-math.inf] * len(alpha)
            for index, log in zip(indices, logs, strict=True):
                strength[index] = log
            strengths[name] = strength
        return strengths
