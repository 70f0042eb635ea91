"""Cross-entropy as a metric over many batches."""

import torch
from torch import Tensor
from torchmetrics import Metric

from tangle.modules.cross_entropy import IGNORED, cross_entropy


class MeanCrossEntropy(Metric):
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
