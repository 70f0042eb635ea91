import math

import pytest
import torch
from torch import nn

from tangle.core import Choice
from tangle.nn import AttentionScale, Supernet

WIDTH = Choice("width", (4, 9, 16))


def relaxed(weights):
    x = torch.ones(2, 16, dtype=torch.float64)
    return Supernet(AttentionScale(WIDTH))(x, {"width": torch.tensor(weights).double()})


@pytest.mark.parametrize(("index", "root"), [(0, 2.0), (1, 4 / 3), (2, 1.0)])
def test_superposed_at_one_hot_makes_up_for_the_width_that_attention_sees(index, root):
    torch.testing.assert_close(relaxed([float(i == index) for i in range(3)]),
                               torch.full((2, 16), root).double())  # fmt: skip


def test_superposed_factors_are_mixed_by_weight():
    expected = 0.5 * 2 + 0.3 * 4 / 3 + 0.2
    torch.testing.assert_close(relaxed([0.5, 0.3, 0.2]), torch.full((2, 16), expected).double())


def test_widths_that_are_products_are_scaled_by_joint_candidates():
    heads = Choice("heads", (1, 4))
    net = Supernet(AttentionScale(heads * 4))
    weights = torch.tensor([0.25, 0.75], requires_grad=True)
    y = net(torch.ones(16), {"heads": weights})
    torch.testing.assert_close(y, torch.full((16,), 0.25 * 2 + 0.75))
    y.sum().backward()
    torch.testing.assert_close(weights.grad, torch.tensor([32.0, 16.0]))


def test_sliced_and_extracted_queries_stay_as_they_are():
    net, x = Supernet(AttentionScale(WIDTH)), torch.randn(2, 4)
    assert net(x, {"width": 0}) is x
    assert isinstance(net.extract({"width": 0}), nn.Identity)


def test_a_fixed_width_needs_no_scale():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.fixed, self.free = AttentionScale(16), AttentionScale(WIDTH)

        def forward(self, x):
            return self.free(self.fixed(x)) / math.sqrt(16)

    y = Supernet(Both())(torch.ones(16), {"width": torch.tensor([0.0, 0.0, 1.0])})
    torch.testing.assert_close(y, torch.full((16,), 0.25))
