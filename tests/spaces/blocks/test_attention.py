import torch
import torch.nn.functional as F
from torch import nn

from tangle.core import Choice
from tangle.nn import Supernet
from tangle.spaces.blocks.attention import SelfAttention


class Core(nn.Module):
    """Plain attention."""

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)


def test_attention_equals_the_textbook_formula():
    heads = Choice("heads", (1, 2, 3))
    net = Supernet(SelfAttention(8, heads, head_dim=4, core=Core())).double()
    x, arch = torch.randn(2, 5, 8, dtype=torch.float64), {"heads": 1}
    attention = net.extract(arch)
    total = attention.proj.bias.expand_as(x)
    for head in range(2):
        rows = slice(4 * head, 4 * head + 4)
        q, k, v = (
            x @ layer.weight[rows].T + layer.bias[rows]
            for layer in (attention.q, attention.k, attention.v)
        )
        scores = q @ k.transpose(1, 2) / 2
        total = total + scores.softmax(-1) @ v @ attention.proj.weight[:, rows].T
    torch.testing.assert_close(net(x, arch), total)


def test_layers_can_do_without_biases():
    attention = SelfAttention(8, Choice("heads", (1, 2)), head_dim=4, core=Core(), bias=False)
    assert not any(name.endswith("bias") for name, _ in attention.named_parameters())
