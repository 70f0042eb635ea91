"""Operations against plain convolutions, and smaller kernels against the centre of larger ones."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle.core import Choice
from tangle.nn import bind
from tangle.spaces.blocks.operations import dilated_conv, pool, relu_conv, separable_conv, skip

KERNEL = Choice("kernel_size", (3, 5))


def example(size=8):
    return torch.randn(2, 4, size, size, dtype=torch.float64)


def normalised(x):
    return F.batch_norm(x, None, None, training=True)


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_dilated_convolution_is_torchs_of_dilation_two(kernel, stride, size):
    module, x = dilated_conv(4, kernel, stride=stride).double(), example(size)
    depthwise, pointwise = (m for m in module if isinstance(m, nn.Conv2d))
    expected = F.conv2d(
        x.relu(), depthwise.weight, stride=stride, padding=kernel - 1, dilation=2, groups=4
    )
    torch.testing.assert_close(module(x), normalised(pointwise(expected)))


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_separable_convolution_is_two_depthwise_and_pointwise_ones(kernel, stride, size):
    module, x = separable_conv(4, kernel, stride=stride).double(), example(size)
    one, two, three, four = (m.weight for m in module if isinstance(m, nn.Conv2d))
    y = F.conv2d(x.relu(), one, stride=stride, padding=kernel // 2, groups=4)
    y = normalised(F.conv2d(y, two))
    y = normalised(F.conv2d(F.conv2d(y.relu(), three, padding=kernel // 2, groups=4), four))
    torch.testing.assert_close(module(x), y)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("make", [separable_conv, dilated_conv])
def test_smaller_kernel_is_the_centre_of_the_larger_one(make, stride):
    module, x = make(4, KERNEL, stride=stride).double(), example()
    small = make(4, 3, stride=stride).double()
    for layer, other in zip(module, small, strict=True):
        if isinstance(layer, nn.Conv2d):
            centre = slice(1, 4) if layer.kernel_size == (5, 5) else slice(None)
            other.weight.data = layer.weight[:, :, centre, centre].clone()
    with bind({"kernel_size": 0}):
        torch.testing.assert_close(module(x), small(x))
    with bind({"kernel_size": torch.tensor([1.0, 0.0], dtype=torch.float64)}):
        torch.testing.assert_close(module(x), small(x))


def test_relu_conv_keeps_the_resolution_and_halves_it_with_a_stride():
    for kernel in (1, 3):
        assert relu_conv(4, 6, kernel)(torch.randn(2, 4, 8, 8)).shape == (2, 6, 8, 8)
        assert relu_conv(4, 6, kernel, stride=2)(torch.randn(2, 4, 8, 8)).shape == (2, 6, 4, 4)


@pytest.mark.parametrize("stride", [1, 2])
def test_average_leaves_the_rim_out(stride):
    assert torch.equal(pool("avg", stride=stride)(torch.ones(1, 1, 8, 8)).unique(), torch.ones(1))
    assert pool("max", stride=stride)(torch.randn(1, 1, 8, 8)).shape[-1] == 8 // stride


def test_skip_with_a_stride_halves_the_resolution():
    x = torch.randn(2, 4, 8, 8)
    assert skip(4)(x) is x
    assert skip(4, stride=2)(x).shape == (2, 4, 4, 4)
