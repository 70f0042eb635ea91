"""SGD that decays matrices only."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor
from torch.optim import SGD

from tangle.modules.decay import decay_groups


class MatrixDecaySGD(SGD):
    """SGD with momentum whose weight decay spares vectors: biases and norms.

    Decay is for tensors of two dimensions or more, as in the recipes of mobile networks.

    Args:
        params: The parameters.
        lr: Learning rate.
        momentum: Share of the last step's direction.
        nesterov: Whether to look ahead along it.
        weight_decay: Of tensors of two dimensions or more.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        *,
        momentum: float = 0.9,
        nesterov: bool = True,
        weight_decay: float = 3e-5,
    ) -> None:
        super().__init__(
            decay_groups(params), lr, momentum=momentum, nesterov=nesterov,
            weight_decay=weight_decay,
        )  # fmt: skip
