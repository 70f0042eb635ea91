import torch

from tangle.core import Choice
from tangle.nn import Supernet
from tangle.spaces.blocks.attention import CausalSelfAttention


def test_attention_equals_the_textbook_formula():
    torch.manual_seed(0)
    net = Supernet(CausalSelfAttention(8, Choice("heads", (1, 2)), head_dim=4)).double()
    x, arch = torch.randn(2, 5, 8, dtype=torch.float64), {"heads": 1}
    attention = net.extract(arch)
    total = torch.zeros_like(x)
    for head in range(2):
        rows = slice(4 * head, 4 * head + 4)
        q, k, v = (x @ layer.weight[rows].T for layer in (attention.q, attention.k, attention.v))
        scores = q @ k.transpose(1, 2) / 2
        scores = scores.masked_fill(torch.ones(5, 5).triu(1).bool(), float("-inf"))
        total += scores.softmax(-1) @ v @ attention.proj.weight[:, rows].T
    torch.testing.assert_close(net(x, arch), total)
