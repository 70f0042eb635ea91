"""AdamW that decays matrices only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.optim import AdamW


class MatrixDecayAdamW(AdamW):
    """AdamW whose weight decay spares vectors: biases, norms and class tokens.

    Decay is for tensors of two dimensions or more, as in the recipes of GPT-2 and of vision
    transformers.

    Args:
        params: The parameters.
        lr: Learning rate.
        betas: Rates of the two moments.
        eps: Added to the root of the second moment.
        weight_decay: Of tensors of two dimensions or more.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        groups = matrix_decay_groups(params, weight_decay)
        super().__init__(groups, lr, betas=betas, eps=eps, weight_decay=weight_decay)


def matrix_decay_groups(params: Iterable[Tensor], weight_decay: float) -> list[dict[str, Any]]:
    """Return groups of parameters of which only those of two dimensions or more decay."""
    tensors = list(params)
    groups: list[dict[str, Any]] = [
        {"params": [t for t in tensors if t.ndim >= 2], "weight_decay": weight_decay},
        {"params": [t for t in tensors if t.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
