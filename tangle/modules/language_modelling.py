"""Language modelling as a task."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from tangle.modules.cross_entropy import IGNORED, cross_entropy
from tangle.modules.generation import Generation
from tangle.modules.task import Metrics, Task


class LanguageModelling(Task):
    """The next token at each position, by cross-entropy.

    Metrics are `loss`, the cross-entropy in nats a token, and `perplexity`, its exponential.
    Targets of -100 are left out.

    Args:
        vocab_size: Number of tokens in the vocabulary.
        generation: How a prediction continues its inputs; None to predict logits.

    Raises:
        ValueError: If there are fewer than two tokens.
    """

    monitor = "perplexity"
    larger_is_better = False

    def __init__(self, vocab_size: int, generation: Generation | None = None) -> None:
        if vocab_size < 2:
            raise ValueError(f"vocab_size is {vocab_size}: a language needs at least 2 tokens")
        self.vocab_size = vocab_size
        self.generation = generation

    def predict(self, network: Callable[[Any], Any], inputs: Any) -> Any:
        """Return texts with their continuations, or logits, for tokens `[B, T]`.

        Raises:
            ValueError: If a token is not in the vocabulary.
        """
        if self.generation is None:
            return network(inputs)
        if inputs.numel() and int(inputs.max()) >= self.vocab_size:
            raise ValueError(
                f"The text to continue has the token {int(inputs.max())}, but the network's "
                f"vocabulary has {self.vocab_size} tokens: encode it as the training data were"
            )
        return self.generation.continued(network, inputs)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy of logits `[B, T, vocab_size]` for tokens `[B, T]`."""
        return cross_entropy(output, target)

    def metrics(self) -> Metrics:
        """Return loss and perplexity."""
        # Here, as torchmetrics takes longer to import than torch, and `tangle space` needs none.
        from torchmetrics import MetricCollection
        from torchmetrics.text import Perplexity

        from tangle.modules.mean_cross_entropy import MeanCrossEntropy

        perplexity = Perplexity(ignore_index=IGNORED)
        return MetricCollection({"loss": MeanCrossEntropy(), "perplexity": perplexity})
