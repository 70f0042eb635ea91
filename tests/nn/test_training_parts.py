import torch
from torch import nn

from tangle.nn import drop_training_parts


class Net(nn.Module):
    training_only = ("auxiliary",)

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(2, 3)
        self.auxiliary = nn.Linear(3, 1)

    def forward(self, x):
        return self.body(x)


def test_parts_for_training_alone_go_and_the_rest_stays():
    net = nn.Sequential(Net(), nn.ReLU())
    x = torch.randn(4, 2)
    before = net(x)
    drop_training_parts(net)
    assert net[0].auxiliary is None
    assert set(dict(net.named_parameters())) == {"0.body.weight", "0.body.bias"}
    assert torch.equal(net(x), before)
    drop_training_parts(net)  # of a network without them


def test_other_networks_stay_as_they_are():
    net = nn.Sequential(nn.Linear(2, 2))
    drop_training_parts(net)
    assert len(list(net.parameters())) == 2
