import torch
import torch.nn.functional as F

from tangle.core import Choice
from tangle.nn import Supernet
from tangle.spaces.blocks.mlp import MLP


def test_mlp_widens_by_the_chosen_ratio():
    embed, ratio = Choice("embed", (4, 6)), Choice("ratio", (2, 3.5))
    net = Supernet(MLP(embed, embed * ratio, bias=True)).double()
    arch = {"embed": 1, "ratio": 1}
    mlp, x = net.extract(arch), torch.randn(3, 6, dtype=torch.float64)
    hidden = F.gelu(x @ mlp.widen.weight.T + mlp.widen.bias, approximate="tanh")
    assert hidden.shape == (3, 21)
    torch.testing.assert_close(net(x, arch), hidden @ mlp.proj.weight.T + mlp.proj.bias)


def test_the_gelu_can_be_exact():
    embed = Choice("embed", (4, 6))
    net = Supernet(MLP(embed, embed * 2, bias=True, gelu="none")).double()
    arch = {"embed": 0}
    mlp, x = net.extract(arch), torch.randn(3, 4, dtype=torch.float64)
    hidden = F.gelu(x @ mlp.widen.weight.T + mlp.widen.bias)
    torch.testing.assert_close(net(x, arch), hidden @ mlp.proj.weight.T + mlp.proj.bias)
