"""AdamW that decays matrices only."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor
from torch.optim import AdamW

from tangle.modules.decay import decay_groups


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
        super().__init__(decay_groups(params), lr, betas=betas, eps=eps, weight_decay=weight_decay)
