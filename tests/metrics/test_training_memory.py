"""Memory of a training step, against sums by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tangle.metrics.training_memory import held, optimizer_states, training_memory


def test_a_linear_layer_keeps_its_input():
    for device in ("cpu", "meta"):
        net = nn.Sequential(nn.Linear(10, 20), nn.ReLU()).to(device)
        x = torch.zeros(8, 10, device=device)
        found = training_memory(net, lambda net=net, x=x: net(x))
        assert found.weights == found.gradients == 4 * 220
        assert found.optimizer == 2 * 4 * 220
        assert found.activations == 4 * (8 * 10 + 8 * 20)  # the input, and the ReLU's output
        assert found.total == held(net, 2.0, found.activations).total


@pytest.mark.parametrize(("momentum", "states"), [(0.0, 0), (0.9, 1)])
def test_sgd_keeps_its_momentum(momentum, states):
    found = optimizer_states(lambda p: torch.optim.SGD(p, lr=0.1, momentum=momentum))
    assert found == states
