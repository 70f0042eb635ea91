from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.spaces.blocks.layers import batch_norm, conv

WIDTH = Choice("width", (2, 4))


def test_layers_of_fixed_sizes_are_torchs():
    layer = conv(2, 4, 3, stride=2, padding=1, bias=False)
    assert type(layer) is nn.Conv2d
    assert (layer.stride, layer.padding, layer.bias) == ((2, 2), (1, 1), None)
    assert type(batch_norm(3)) is nn.BatchNorm2d


def test_layers_with_a_choice_are_entangled():
    for layer in (conv(WIDTH, 4, 1), conv(4, WIDTH, 1), conv(WIDTH, WIDTH, 3, groups=WIDTH)):
        assert type(layer) is tnn.Conv2d
    norm = batch_norm(WIDTH, affine=False, track_running_stats=False)
    assert type(norm) is tnn.BatchNorm2d
    assert (norm.affine, norm.track_running_stats, norm.num_features) == (False, False, 4)
