"""Weight decay acts on all parameters, or on matrices alone."""

import pytest
import torch
from torch import nn

from tangle.modules import MatrixDecayAdamW, MatrixDecaySGD
from tangle.modules.decay import parameter_groups


def test_vectors_are_spared_if_asked_for():
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1, bias=False))
    net[2].requires_grad_(False)
    assert len(parameter_groups(net, decay_vectors=True)) == 4
    optimizer = torch.optim.AdamW(parameter_groups(net, decay_vectors=False), weight_decay=0.1)
    matrices, vectors = optimizer.param_groups
    assert [p.ndim for p in matrices["params"]] == [2]
    assert [p.ndim for p in vectors["params"]] == [1, 1, 1]
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.1, 0.0)


@pytest.mark.parametrize("optimizer", [MatrixDecayAdamW, MatrixDecaySGD])
def test_an_optimizer_that_makes_groups_itself_gets_none(optimizer):
    net = nn.Linear(3, 2)
    groups = optimizer(parameter_groups(net, decay_vectors=True), lr=0.1).param_groups
    assert [[p.ndim for p in group["params"]] for group in groups] == [[2], [1]]
    with pytest.raises(ValueError, match="set decay_vectors to true"):
        optimizer(parameter_groups(net, decay_vectors=False), lr=0.1)
