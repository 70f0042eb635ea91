import torch

from tangle.spaces.blocks.zero import Zero


def test_zeros_have_the_shape_of_a_strided_input():
    x = torch.full((2, 3, 7, 8), torch.inf)
    assert torch.equal(Zero()(x), torch.zeros(2, 3, 7, 8))
    assert torch.equal(Zero(2)(x), torch.zeros(2, 3, 4, 4))
