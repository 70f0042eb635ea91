"""Layers of torch are built again from what they keep, or refused."""

import pytest
import torch
from torch import nn

from tangle.nn.constructor import constructor
from tangle.nn.trace import UntraceableError

LAYERS = [
    nn.Linear(3, 4),
    nn.Linear(3, 4, bias=False),
    nn.Conv2d(4, 8, (3, 5), stride=2, padding=(1, 2), groups=4, bias=False),
    nn.Conv1d(2, 3, 3, dilation=2, padding_mode="circular"),
    nn.ConvTranspose2d(2, 3, 3, output_padding=1, stride=2),
    nn.BatchNorm2d(3, momentum=None, affine=False),
    nn.BatchNorm1d(3, eps=1e-3, track_running_stats=False),
    nn.LayerNorm(3, bias=False),
    nn.LayerNorm((2, 3), elementwise_affine=False),
    nn.GroupNorm(2, 4, affine=False),
    nn.RMSNorm(3, eps=1e-5),
    nn.Embedding(5, 3, padding_idx=1),
    nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
    nn.AvgPool2d(3, count_include_pad=False),
    nn.AdaptiveAvgPool2d((1, 1)),
    nn.Dropout(0.3, inplace=True),
    nn.GELU(approximate="tanh"),
    nn.PReLU(3),
    nn.Flatten(2),
    nn.Softmax(-1),
    nn.Hardswish(),
    nn.Identity(),
    nn.Upsample(scale_factor=2.0, mode="nearest"),
    nn.MultiheadAttention(4, 2, batch_first=True),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_it_builds_a_layer_of_the_same_description_and_shapes(layer):
    built = eval(constructor(layer), {"nn": nn, "torch": torch})
    assert repr(built) == repr(layer)
    built.load_state_dict(layer.state_dict())


def test_defaults_are_left_out():
    assert constructor(nn.Conv2d(3, 4, 3)) == "nn.Conv2d(3, 4, (3, 3))"
    assert constructor(nn.ReLU()) == "nn.ReLU()"


def test_what_keeps_too_little_or_is_not_torch_s_is_refused():
    class Mine(nn.Linear):
        pass

    with pytest.raises(UntraceableError, match="Mine is no layer of torch"):
        constructor(Mine(2, 3))
    layer = nn.Linear(2, 3)
    layer.out_features = 5
    with pytest.raises(UntraceableError, match="can't be built from what it keeps"):
        constructor(layer)
    with pytest.raises(UntraceableError, match=r"LSTM\(3, 4\) can't be built"):
        constructor(nn.LSTM(3, 4))
    with pytest.raises(UntraceableError, match="TransformerEncoderLayer does not keep its d_model"):
        constructor(nn.TransformerEncoderLayer(4, 2))
