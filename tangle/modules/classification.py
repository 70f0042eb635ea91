"""Classification as a task."""

from torch import Tensor

from tangle.modules.cross_entropy import cross_entropy
from tangle.modules.task import Metrics, Task


class Classification(Task):
    """One class for each input, by cross-entropy.

    Metrics are `accuracy`, the share of right answers in [0, 1], and `loss`, the cross-entropy in
    nats without smoothing.

    Args:
        num_classes: Number of classes.
        label_smoothing: Share of the target's mass that is spread over all classes, in [0, 1).

    Raises:
        ValueError: If there are fewer than two classes, or the smoothing is out of range.
    """

    monitor = "accuracy"
    larger_is_better = True

    def __init__(self, num_classes: int, label_smoothing: float = 0.0) -> None:
        if num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}: a classification needs at least 2")
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing is {label_smoothing}: it must be in [0, 1)")
        self.num_classes = num_classes
        self.label_smoothing = label_smoothing

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the smoothed cross-entropy of logits `[B, num_classes]`.

        Targets are classes `[B]`, or probabilities `[B, num_classes]` where images are mixed.
        """
        return cross_entropy(output, target, self.label_smoothing)

    def metrics(self) -> Metrics:
        """Return accuracy and loss."""
        # Here, as torchmetrics takes longer to import than torch, and `tangle space` needs none.
        from torchmetrics import MetricCollection
        from torchmetrics.classification import MulticlassAccuracy

        from tangle.modules.mean_cross_entropy import MeanCrossEntropy

        accuracy = MulticlassAccuracy(self.num_classes, average="micro")
        return MetricCollection({"accuracy": accuracy, "loss": MeanCrossEntropy()})
