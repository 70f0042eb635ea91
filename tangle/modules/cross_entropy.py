"""Cross-entropy as a metric over many batches."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric

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


class CrossEntropy(Metric):
    """Mean cross-entropy over all targets so far, in nats; no smoothing of labels."""

    higher_is_better = False
    is_differentiable = False
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, logits: Tensor, target: Tensor) -> None:
        """Add a batch: logits `[..., K]`, classes `[...]`."""
        count = (target != IGNORED).sum()
        # A batch in which nothing counts has no mean.
        self.total += torch.where(count > 0, cross_entropy(logits.float(), target) * count, 0.0)
        self.count += count

    def compute(self) -> Tensor:
        """Return the mean."""
        return self.total / self.count
