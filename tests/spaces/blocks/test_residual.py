import torch
from torch import nn

from tangle.spaces.blocks.residual import ResidualReduction


def test_block_adds_two_convolutions_to_a_pooled_shortcut():
    module, x = ResidualReduction(2, 4).eval(), torch.randn(3, 2, 8, 8)
    y = module(x)
    assert y.shape == (3, 4, 4, 4)
    torch.testing.assert_close(y - module.convs(x), module.shortcut[1](nn.AvgPool2d(2)(x)))
    # NAS-Bench-201 at 16 -> 32 channels
    assert sum(p.numel() for p in ResidualReduction(16, 32).parameters()) == 14_464
