import torch
from torch import nn

from tangle.modules import MatrixDecaySGD


def test_only_matrices_decay() -> None:
    net = nn.Linear(3, 2)
    nn.init.ones_(net.weight)
    nn.init.ones_(net.bias)
    optimizer = MatrixDecaySGD(net.parameters(), lr=0.1, momentum=0.0, nesterov=False,
                               weight_decay=0.5)  # fmt: skip
    (net(torch.ones(1, 3)) * 0).sum().backward()
    optimizer.step()
    torch.testing.assert_close(net.weight, torch.full((2, 3), 0.95))
    torch.testing.assert_close(net.bias, torch.ones(2))


def test_the_rest_is_torch_s() -> None:
    nets = [nn.Linear(3, 2, bias=False) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    optimizers = [
        MatrixDecaySGD(nets[0].parameters(), lr=0.1, weight_decay=0.01),
        torch.optim.SGD(nets[1].parameters(), 0.1, 0.9, nesterov=True, weight_decay=0.01),
    ]
    for _ in range(3):
        for net, optimizer in zip(nets, optimizers, strict=True):
            optimizer.zero_grad()
            net(torch.ones(1, 3)).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(nets[0].weight, nets[1].weight)
