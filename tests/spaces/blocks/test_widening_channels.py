"""Every stage against an operation as wide as the stage, with the widest one's first weights."""

import pytest
import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.nn import Staged, bind, extract
from tangle.spaces.blocks.partial_channels import PartialChannels
from tangle.spaces.blocks.widening_channels import WideningChannels

PARTS = (4, 2, 1)
WIDTH = Choice("part_width", (2, 4, 8))


def widening(*, stride=1):
    conv = tnn.Conv2d(WIDTH, WIDTH, 3, stride=stride, padding=1)
    return WideningChannels(Staged(conv, WIDTH), PARTS, stride=stride).double()


@pytest.mark.parametrize("relaxed", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("stage", range(3))
def test_a_stage_is_the_operation_on_its_part(stage, stride, relaxed):
    module, x = widening(stride=stride), torch.randn(2, 8, 6, 6, dtype=torch.float64)
    module.operation.begin(stage)
    width, whole = 8 // PARTS[stage], module.operation.module
    conv = nn.Conv2d(width, width, 3, stride=stride, padding=1).double()
    with torch.no_grad():
        conv.weight.copy_(whole.weight[:width, :width])
        conv.bias.copy_(whole.bias[:width])
    expected = PartialChannels(conv, PARTS[stage], stride=stride)(x)
    with bind({"other": torch.ones(1) if relaxed else 0}):
        torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(extract(module, {})(x), expected)


def test_what_is_extracted_knows_no_stages():
    module = widening(stride=2)
    module.operation.begin(1)
    extracted = extract(module, {})
    assert type(extracted) is PartialChannels
    assert type(extracted.operation) is nn.Conv2d
    assert extracted.operation.in_channels == 4
    assert not [name for name in extracted.state_dict() if "extra" in name]
    module.operation.begin(2)
    assert type(extract(module, {})) is nn.Conv2d  # on all channels
