"""Cross-entropy over batches equals that of all targets at once."""

import pytest
import torch

from tangle.modules.mean_cross_entropy import MeanCrossEntropy


@pytest.mark.parametrize("shape", [(7,), (7, 3)], ids=["classes", "tokens"])
def test_batches_of_different_sizes_count_by_target(shape: tuple[int, ...]) -> None:
    logits, target = torch.randn(*shape, 5), torch.randint(5, shape)
    target.view(-1)[:2] = -100
    metric = MeanCrossEntropy()
    for part in (slice(0, 2), slice(2, 7)):
        metric.update(logits[part], target[part])
    log_probabilities = logits.log_softmax(-1)
    chosen = [
        -float(log_probabilities.reshape(-1, 5)[i, t])
        for i, t in enumerate(target.flatten().tolist())
        if t != -100
    ]
    assert float(metric.compute()) == pytest.approx(sum(chosen) / len(chosen), rel=1e-5)


def test_a_batch_in_which_nothing_counts_changes_nothing() -> None:
    metric = MeanCrossEntropy()
    metric.update(torch.zeros(1, 4), torch.tensor([2]))
    metric.update(torch.randn(3, 4), torch.full((3,), -100))
    assert float(metric.compute()) == pytest.approx(torch.log(torch.tensor(4.0)))
