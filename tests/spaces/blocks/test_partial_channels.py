import pytest
import torch
from torch import nn

from tangle.spaces.blocks.partial_channels import PartialChannels


class Times(nn.Module):
    def forward(self, x):
        return 10 * x


def reference(x, operation, parts):
    """The operation on the first part, the rest as it is, then every part's first channel, ..."""
    width = x.shape[1] // parts
    y = torch.cat([operation(x[:, :width]), x[:, width:]], 1)
    order = [part * width + channel for channel in range(width) for part in range(parts)]
    return y[:, order]


@pytest.mark.parametrize("parts", [2, 3, 6])
def test_one_part_is_worked_on_and_all_are_shuffled(parts):
    x = torch.randn(2, 12, 3, 3)
    module = PartialChannels(Times(), parts)
    torch.testing.assert_close(module(x), reference(x, Times(), parts))
    shuffle = nn.ChannelShuffle(parts)
    unchanged = PartialChannels(nn.Identity(), parts)(x)
    with torch.no_grad():
        assert torch.equal(unchanged, shuffle(x))


def test_channels_that_pass_by_are_pooled_where_there_is_a_stride():
    x = torch.randn(2, 4, 6, 6)
    module = PartialChannels(nn.AvgPool2d(1, 2), 2, stride=2)
    y = module(x)
    assert y.shape == (2, 4, 3, 3)
    torch.testing.assert_close(y[:, ::2], x[:, :2, ::2, ::2])
    torch.testing.assert_close(y[:, 1::2], nn.MaxPool2d(2)(x[:, 2:]))
