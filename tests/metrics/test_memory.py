"""Peak memory is what activations take at the worst moment."""

import torch
from torch import nn

from tangle.metrics import measure_memory


def test_a_chain_needs_two_activations_at_a_time():
    megabyte = 2**18  # float32 numbers
    net = nn.Sequential(*[nn.Tanh() for _ in range(4)]).train()
    peak = measure_memory(net, torch.ones(1, megabyte))
    assert 2 * 2**20 <= peak < 2.2 * 2**20
    assert net.training


def test_what_is_kept_counts():
    class Keeps(nn.Module):
        def forward(self, x):
            parts = [x.sin(), x.cos(), x.exp()]
            return sum(parts)

    peak = measure_memory(Keeps(), torch.ones(1, 2**18))
    assert peak >= 4 * 2**20
