"""Cross-entropy over batches equals that of all targets at once."""

import pytest
import torch

from tangle.modules.cross_entropy import CrossEntropy, cross_entropy


@pytest.mark.parametrize("shape", [(7,), (7, 3)], ids=["classes", "tokens"])
def test_batches_of_different_sizes_count_by_target(shape: tuple[int, ...]) -> None:
    logits, target = torch.randn(*shape, 5), torch.randint(5, shape)
    target.view(-1)[:2] = -100
    metric = CrossEntropy()
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
    metric = CrossEntropy()
    metric.update(torch.zeros(1, 4), torch.tensor([2]))
    metric.update(torch.randn(3, 4), torch.full((3,), -100))
    assert float(metric.compute()) == pytest.approx(torch.log(torch.tensor(4.0)))


def test_smoothing_spreads_the_target() -> None:
    logits, target, share = torch.randn(6, 4), torch.randint(4, (6,)), 0.2
    spread = (1 - share) * torch.nn.functional.one_hot(target, 4) + share / 4
    expected = -(spread * logits.log_softmax(-1)).sum(-1).mean()
    torch.testing.assert_close(cross_entropy(logits, target, share), expected)


def test_targets_may_be_probabilities_which_are_smoothed_like_classes() -> None:
    logits, target, share = torch.randn(6, 4), torch.randint(4, (6,)), 0.2
    certain = torch.nn.functional.one_hot(target, 4).float()
    torch.testing.assert_close(
        cross_entropy(logits, certain, share), cross_entropy(logits, target, share)
    )
    mixed = 0.7 * certain + 0.3 * certain.roll(1, 0)
    parts = [cross_entropy(logits, label) for label in (target, target.roll(1))]
    torch.testing.assert_close(cross_entropy(logits, mixed), 0.7 * parts[0] + 0.3 * parts[1])
