"""Vectors keep their values where nothing pulls at them; matrices decay."""

import torch
from torch import nn

from tangle.modules import MatrixDecayAdamW


def test_only_matrices_decay() -> None:
    net = nn.Linear(3, 2)
    nn.init.ones_(net.weight)
    nn.init.ones_(net.bias)
    optimizer = MatrixDecayAdamW(net.parameters(), lr=0.1, weight_decay=0.5)
    (net(torch.ones(1, 3)) * 0).sum().backward()
    optimizer.step()
    torch.testing.assert_close(net.weight, torch.full((2, 3), 0.95))
    torch.testing.assert_close(net.bias, torch.ones(2))


def test_vectors_alone_need_no_group_of_matrices() -> None:
    optimizer = MatrixDecayAdamW([nn.Parameter(torch.ones(2))], lr=0.1)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0]
