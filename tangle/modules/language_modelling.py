"""Language modelling as a task."""

from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.text import Perplexity

from tangle.modules.cross_entropy import IGNORED, CrossEntropy, cross_entropy
from tangle.modules.task import Task


class LanguageModelling(Task):
    """The next token at each position, by cross-entropy.

    Metrics are `loss`, the cross-entropy in nats a token, and `perplexity`, its exponential.
    Targets of -100 are left out.

    Args:
        vocab_size: Number of tokens in the vocabulary.

    Raises:
        ValueError: If there are fewer than two tokens.
    """

    monitor = "perplexity"
    larger_is_better = False

    def __init__(self, vocab_size: int) -> None:
        if vocab_size < 2:
            raise ValueError(f"vocab_size is {vocab_size}: a language needs at least 2 tokens")
        self.vocab_size = vocab_size

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy of logits `[B, T, vocab_size]` for tokens `[B, T]`."""
        return cross_entropy(output, target)

    def metrics(self) -> MetricCollection:
        """Return loss and perplexity."""
        return MetricCollection(
            {"loss": CrossEntropy(), "perplexity": Perplexity(ignore_index=IGNORED)}
        )
