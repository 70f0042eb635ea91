import torch
from torch import nn

from tangle.spaces.blocks.reset import reset_parameters


def test_weights_and_statistics_start_afresh():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Sequential(nn.BatchNorm2d(2), nn.ReLU()))
    net(torch.randn(4, 1, 3, 3))
    before = net[0].weight.clone()
    reset_parameters(net)
    assert not torch.equal(net[0].weight, before)
    assert torch.equal(net[1][0].running_mean, torch.zeros(2))
    assert net[1][0].num_batches_tracked == 0
