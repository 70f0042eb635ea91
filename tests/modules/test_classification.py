"""Classification: accuracy, loss, bad options."""

import pytest
import torch

from tangle.modules import Classification


def test_accuracy_is_the_share_of_right_answers() -> None:
    metrics = Classification(3).metrics()
    logits = torch.eye(3)[[0, 1, 2, 2]]
    metrics.update(logits, torch.tensor([0, 1, 2, 0]))
    assert float(metrics.compute()["accuracy"]) == 0.75


def test_metric_loss_is_not_smoothed() -> None:
    logits, target = torch.randn(8, 3), torch.randint(3, (8,))
    smooth, plain = Classification(3, label_smoothing=0.3), Classification(3)
    metrics = smooth.metrics()
    metrics.update(logits, target)
    torch.testing.assert_close(metrics.compute()["loss"], plain.loss(logits, target))
    assert smooth.loss(logits, target) != plain.loss(logits, target)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 1}, "num_classes is 1: a classification needs at least 2"),
        ({"num_classes": 3, "label_smoothing": 1.0}, r"label_smoothing is 1.0.*\[0, 1\)"),
    ],
)
def test_bad_options_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Classification(**options)  # type: ignore[arg-type]
