import pytest
import torch
import torch.nn.functional as F

from tangle.modules import AuxiliaryClassification


def test_loss_is_that_of_both_classifiers():
    task = AuxiliaryClassification(4, label_smoothing=0.1, auxiliary_weight=0.3)
    one, two = torch.randn(2, 5, 4)
    target = torch.tensor([0, 1, 2, 3, 0])
    losses = [F.cross_entropy(y, target, label_smoothing=0.1) for y in (one, two)]
    torch.testing.assert_close(task.loss(one, target), losses[0])
    torch.testing.assert_close(task.loss((one, two), target), losses[0] + 0.3 * losses[1])


def test_negative_weight_is_refused():
    with pytest.raises(ValueError, match="auxiliary_weight is -1: it must be at least 0"):
        AuxiliaryClassification(4, auxiliary_weight=-1)
