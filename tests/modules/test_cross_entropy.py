"""Targets of cross-entropy may be smoothed, or probabilities."""

import torch

from tangle.modules.cross_entropy import cross_entropy


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
