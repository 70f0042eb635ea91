"""Classification by a network with a second classifier in its middle."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from tangle.modules.classification import Classification


class AuxiliaryClassification(Classification):
    """Classification in which a second, auxiliary classifier learns too.

    In training the network returns the logits of both, else those of the first alone. The loss is
    that of the first plus a share of the second's, which in DARTS (Liu et al., ICLR 2019) is 0.4.

    Args:
        num_classes: Number of classes.
        label_smoothing: Share of the target's mass that is spread over all classes, in [0, 1).
        auxiliary_weight: Weight of the auxiliary classifier's loss, at least 0.

    Raises:
        ValueError: If there are fewer than two classes, or an option is out of range.
    """

    def __init__(
        self, num_classes: int, label_smoothing: float = 0.0, auxiliary_weight: float = 0.4
    ) -> None:
        super().__init__(num_classes, label_smoothing)
        if auxiliary_weight < 0:
            raise ValueError(f"auxiliary_weight is {auxiliary_weight}: it must be at least 0")
        self.auxiliary_weight = auxiliary_weight

    def loss(self, output: Any, target: Tensor) -> Tensor:
        """Return the loss of logits `[B, num_classes]`, or of a pair of them."""
        if isinstance(output, Tensor):
            return super().loss(output, target)
        logits, auxiliary = output
        auxiliary_loss = super().loss(auxiliary, target)
        return super().loss(logits, target) + self.auxiliary_weight * auxiliary_loss
