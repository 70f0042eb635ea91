"""Cross-entropy as a loss."""

import torch.nn.functional as F
from torch import Tensor

IGNORED = -100
"""The target that counts for nothing, as in torch."""


def cross_entropy(logits: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Return the mean cross-entropy, in nats, of logits for targets.

    Args:
        logits: `[..., K]`.
        target: Classes `[...]`, or the probabilities of all classes `[..., K]`, as mixup makes.
        label_smoothing: Share of the target's mass that is spread over all classes.
    """
    target = target.flatten(0, -2) if target.is_floating_point() else target.flatten()
    return F.cross_entropy(logits.flatten(0, -2), target, label_smoothing=label_smoothing)


def soft_cross_entropy(logits: Tensor, teacher: Tensor) -> Tensor:
    """Return the mean cross-entropy, in nats, of logits for a teacher's logits, both `[..., K]`."""
    return F.cross_entropy(logits.flatten(0, -2), teacher.flatten(0, -2).softmax(-1))
