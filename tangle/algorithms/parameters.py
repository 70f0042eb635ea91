"""The architecture parameters of gradient-based search."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from tangle.core import SearchSpace

INIT_STD = 1e-3
"""Standard deviation at the start, as in the paper's code: nearly no preference."""


class ArchParameters(nn.Module):
    """One vector of alphas for each choice, `[K]`, starting at `1e-3 * N(0, 1)`.

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


def strengths(
    alphas: Iterable[tuple[str, Tensor]], among: Mapping[str, Sequence[int]]
) -> dict[str, list[float]]:
    """Return the logarithm of each choice's softmax over some of its candidates.

    It orders candidates as the alphas do, and can be compared between choices.

    Args:
        alphas: Each choice's name and alphas, `[K]`.
        among: For each choice its open candidates; the others get minus infinity.
    """
    found = {}
    for name, alpha in alphas:
        indices = list(among[name])
        logs = alpha.detach().cpu().double()[indices].log_softmax(0).tolist()
        strength = [-math.inf] * len(alpha)
        for index, log in zip(indices, logs, strict=True):
            strength[index] = log
        found[name] = strength
    return found
