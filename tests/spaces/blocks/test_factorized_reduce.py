import pytest
import torch
import torch.nn.functional as F

from tangle.spaces.blocks.factorized_reduce import FactorizedReduce


def test_halves_see_pixels_a_step_apart():
    module, x = FactorizedReduce(3, 4).double(), torch.randn(2, 3, 6, 6, dtype=torch.float64)
    here = F.conv2d(x.relu()[:, :, ::2, ::2], module.here.weight)
    diagonal = F.conv2d(x.relu()[:, :, 1::2, 1::2], module.next.weight)
    expected = F.batch_norm(torch.cat([here, diagonal], 1), None, None, training=True)
    torch.testing.assert_close(module(x), expected)


def test_odd_number_of_channels_is_refused():
    with pytest.raises(ValueError, match=r"reduction to 3 channels .* must be even"):
        FactorizedReduce(4, 3)
