"""The architecture parameters of gradient-based search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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

    def argmax(self, among: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """Return for each choice the candidate with the largest alpha among the given ones."""
        return {
            name: max(among[name], key=alpha.tolist().__getitem__) for name, alpha in self.items()
        }
