import pytest
import torch
from torch import nn

from tangle.core import Choice
from tangle.nn import KernelTransforms, Supernet
from tangle.spaces.blocks.mbconv import MBConv
from tests.nn.reference import assert_roles_agree

K, E = Choice("k", (3, 5, 7)), Choice("e", (3, 4, 6))


@pytest.mark.parametrize("act", ["relu", "hard_swish"])
@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize(("out", "stride"), [(8, 1), (8, 2), (16, 1)])
def test_one_hot_equals_sliced_equals_extracted(out, stride, gated, act):
    def build():
        return MBConv(8, out, expansion=E, kernel_size=K, stride=stride, act=act, gated=gated)

    x = torch.randn(4, 8, 7, 6, dtype=torch.float64)
    assert_roles_agree(build, x, torch.float64, count=3, is_sliced=False)


def test_the_input_is_added_where_it_has_the_shape_of_the_output():
    x = torch.randn(2, 8, 4, 4)
    for out, stride in ((8, 1), (16, 1), (8, 2)):
        net = MBConv(8, out, expansion=E, kernel_size=K, stride=stride)
        plain = Supernet(net).extract({"k": 0, "e": 0}).eval()
        nn.init.zeros_(plain.project[1].weight)
        expected = x if (out, stride) == (8, 1) else torch.zeros(2, out, 4 // stride, 4 // stride)
        torch.testing.assert_close(plain(x), expected)


@pytest.mark.parametrize("size", [1, 7, 8])
@pytest.mark.parametrize("kernel", range(3))
def test_stride_two_halves_any_image_size_upwards_with_any_kernel(size, kernel):
    net = Supernet(MBConv(8, 16, expansion=E, kernel_size=K, stride=2)).eval()
    half = (size + 1) // 2
    assert net(torch.randn(1, 8, size, size), {"k": kernel, "e": 0}).shape == (1, 16, half, half)


def test_without_expansion_nothing_is_widened():
    block = MBConv(16, 16, expansion=1, kernel_size=3)
    assert sum(p.numel() for p in block.parameters()) == 16 * 9 + 16 * 16 + 4 * 16
    assert not any(len(m.matrices) for m in block.modules() if isinstance(m, KernelTransforms))
