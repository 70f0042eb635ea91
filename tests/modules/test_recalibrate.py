"""Running statistics become those of the inputs, and nothing else changes."""

import torch
from torch import nn

from tangle.modules import recalibrate


def _net() -> nn.Sequential:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=0.3), nn.Dropout(0.5)).train()
    net[1].running_mean.fill_(7)
    return net


def test_statistics_are_the_mean_over_batches() -> None:
    net = _net()
    batches = [torch.randn(16, 3) for _ in range(3)]
    recalibrate(net, batches)
    features = [net[0](x) for x in batches]
    mean = torch.stack([f.mean(0) for f in features]).mean(0)
    var = torch.stack([f.var(0, unbiased=True) for f in features]).mean(0)
    torch.testing.assert_close(net[1].running_mean, mean.detach())
    torch.testing.assert_close(net[1].running_var, var.detach())


def test_weights_modes_and_momentum_stay() -> None:
    net = _net()
    net[0].eval()
    weights = [p.clone() for p in net.parameters()]
    recalibrate(net, [torch.randn(8, 3)])
    assert all(map(torch.equal, weights, net.parameters()))
    assert [module.training for module in net] == [False, True, True]
    assert net[1].momentum == 0.3
    assert all(p.grad is None for p in net.parameters())


def test_without_inputs_statistics_stay() -> None:
    net = _net()
    recalibrate(net, [])
    assert net[1].running_mean.eq(7).all()


def test_a_later_norm_sees_the_statistics_of_dropout_free_inputs() -> None:
    net = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3))
    x = torch.randn(64, 3)
    recalibrate(net, [x])
    torch.testing.assert_close(net[1].running_var, x.var(0, unbiased=True))


def test_inputs_are_not_looked_at_when_nothing_is_to_be_replaced() -> None:
    recalibrate(nn.Linear(3, 3), (1 / 0 for _ in range(1)))
