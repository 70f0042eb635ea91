import pytest
from torch import nn

from tangle.spaces.blocks.channel_parts import channel_parts, on_part
from tangle.spaces.blocks.layers import batch_norm
from tangle.spaces.blocks.partial_channels import PartialChannels
from tangle.spaces.blocks.widening_channels import WideningChannels


def test_one_number_is_one_stage():
    assert channel_parts(4, [16, 32]) == (4,)
    assert channel_parts([6, 3, 1], [36]) == (6, 3, 1)


def test_one_part_is_the_operation_itself():
    assert type(on_part(batch_norm, 6, parts=(1,))) is nn.BatchNorm2d
    module = on_part(batch_norm, 6, parts=(3,))
    assert type(module) is PartialChannels
    assert type(module.operation) is nn.BatchNorm2d
    assert module.operation.num_features == 2


def test_several_stages_own_the_weights_of_the_widest():
    module = on_part(batch_norm, 12, parts=(6, 3, 2), stride=2)
    assert type(module) is WideningChannels
    assert [p.shape for p in module.parameters()] == [(6,), (6,)]
    assert module.operation.choice.candidates == (2, 4, 6)
    assert module.stride == 2


@pytest.mark.parametrize(("parts", "channels"), [(0, 4), (3, 16), (16, 8)])
def test_channels_that_do_not_divide_are_refused(parts, channels):
    with pytest.raises(ValueError, match=rf"partial_channels is {parts}, but {channels} channels"):
        channel_parts(parts, [channels])


def test_stages_into_which_channels_do_not_divide_are_refused():
    message = r"partial_channels is \[6, 4\], but 18 channels do not divide into 4 parts"
    with pytest.raises(ValueError, match=message):
        channel_parts([6, 4], [36, 18])


@pytest.mark.parametrize("parts", [[], [2, 4], [4, 2, 2]])
def test_stages_that_do_not_widen_are_refused(parts):
    with pytest.raises(ValueError, match="each less than that before it"):
        channel_parts(parts, [16])
