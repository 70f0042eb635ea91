"""Freezing is exact and undone; without ranks nothing is averaged."""

import pytest
import torch
from torch import nn

from tangle.modules.gradients import average_gradients, frozen


def test_only_what_was_trained_is_trained_again() -> None:
    net = nn.Linear(2, 2)
    net.bias.requires_grad_(False)
    with frozen(net.parameters()):
        assert not net.weight.requires_grad
    assert net.weight.requires_grad
    assert not net.bias.requires_grad


def test_an_error_does_not_leave_weights_frozen() -> None:
    net = nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="inside"), frozen(net.parameters()):
        raise RuntimeError("inside")
    assert net.weight.requires_grad


def test_gradients_of_a_single_process_stay() -> None:
    net = nn.Linear(2, 2)
    net.weight.grad = torch.ones(2, 2)
    average_gradients(list(net.parameters()))
    assert net.weight.grad.eq(1).all()
    assert net.bias.grad is None
