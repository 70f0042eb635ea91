import pytest
import torch

from tangle.core import Choice
from tangle.nn import Supernet
from tangle.spaces.blocks.squeeze_excitation import SqueezeExcitation


def test_channels_are_multiplied_by_a_gate_of_their_means():
    layer = Supernet(SqueezeExcitation(Choice("c", (16, 48)))).extract({"c": 1})
    x = torch.randn(2, 48, 5, 4)
    means = x.mean((2, 3))
    inner = (means @ layer.reduce.weight[:, :, 0, 0].T + layer.reduce.bias).relu()
    gate = inner @ layer.expand.weight[:, :, 0, 0].T + layer.expand.bias
    gate = (gate / 6 + 0.5).clamp(0, 1)
    torch.testing.assert_close(layer(x), x * gate[:, :, None, None])


@pytest.mark.parametrize(("channels", "reduced"), [(72, 24), (120, 32), (480, 120), (672, 168)])
def test_a_quarter_of_the_channels_is_in_between_in_multiples_of_eight(channels, reduced):
    assert SqueezeExcitation(channels).reduce.out_channels == reduced
