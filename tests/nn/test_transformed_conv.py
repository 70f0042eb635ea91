import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet
from tests.nn.reference import DTYPES, assert_roles_agree, assert_superposes, every_version

C, K, TWO = Choice("c", (4, 6, 2)), Choice("k", (3, 7, 5)), Choice("k", (3, 5))

CASES = {
    "depthwise": dict(i=C, o=C, k=K, groups=C),
    "strided": dict(i=C, o=C, k=K, groups=C, stride=2, bias=False),
    "two sizes": dict(i=C, o=C, k=TWO, groups=C),
    "dense": dict(i=3, o=C, k=K),
    "kernel alone": dict(i=3, o=4, k=K),
    "one size": dict(i=C, o=C, k=3, groups=C),
    "coupled widths": dict(i=C, o=C, k=K),
}


def build(name):
    options = dict(CASES[name])
    i, o, k = (options.pop(key) for key in "iok")
    return tnn.TransformedConv2d(i, o, k, padding=k // 2, **options)


def example(layer):
    return torch.randn(2, layer.in_channels, 9, 8, dtype=torch.float64)


def transformed(layer, size):
    """The kernel of a size, by one product with each matrix."""
    kernel = layer.weight
    for matrix in layer.transforms.matrices:
        if kernel.shape[-1] == size:
            break
        smaller = math.isqrt(len(matrix))
        rim = (kernel.shape[-1] - smaller) // 2
        kernel = kernel[:, :, rim:-rim, rim:-rim]
        kernel = (kernel.reshape(-1, smaller**2) @ matrix.T).reshape(kernel.shape)
    return kernel


@pytest.mark.parametrize("name", CASES)
def test_superposition_equals_the_weighted_sum_of_padded_transformed_kernels(name):
    layer = build(name)

    def reference(layer, x, weights):
        weight, bias = 0, 0
        for values, arch in every_version(layer.own_choices()):
            share = math.prod(weights[choice][i] for choice, i in arch.items())
            kernel = transformed(layer, values.get("k", layer.kernel_size[0]))
            rim = (layer.kernel_size[0] - kernel.shape[-1]) // 2
            padded = F.pad(kernel, [rim] * 4)
            rows = torch.arange(layer.out_channels) < values.get("c", layer.out_channels)
            columns = torch.ones(padded.shape[1], dtype=torch.bool)
            if name == "coupled widths":
                columns = rows
            weight = weight + share * padded * (rows[:, None] & columns)[:, :, None, None]
            if layer.bias is not None:
                bias = bias + share * layer.bias * rows
        return F.conv2d(x, weight, None if layer.bias is None else bias, layer.stride,
                        layer.padding, 1, layer.groups)  # fmt: skip

    assert_superposes(layer, example(layer), layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_one_hot_equals_sliced_equals_extracted(name, dtype):
    layer = build(name)

    def narrow(x, values):
        return x[:, : values.get("c", x.shape[1])] if CASES[name]["i"] is C else x

    assert_roles_agree(
        lambda: build(name), example(layer), dtype, narrow=narrow, count=5, is_sliced=False
    )


def test_extracted_layer_is_torch_s_with_the_transformed_kernel_as_its_weight():
    layer = build("depthwise")
    for matrix in layer.transforms.matrices:
        nn.init.normal_(matrix)
    plain = Supernet(layer).extract({"c": 2, "k": 0})
    assert type(plain) is nn.Conv2d
    assert dict(plain.named_parameters()).keys() == {"weight", "bias"}
    assert (plain.groups, plain.kernel_size, plain.padding) == (2, (3, 3), (1, 1))
    torch.testing.assert_close(plain.weight, transformed(layer, 3)[:2])


def test_a_sliced_largest_kernel_gives_the_matrices_no_gradient():
    layer = build("depthwise")
    net = Supernet(layer)
    net(example(layer).float(), {"c": 1, "k": 1}).sum().backward()
    assert all(matrix.grad is None for matrix in layer.transforms.matrices)
    net(example(layer).float()[:, :2], {"c": 2, "k": 0}).square().sum().backward()
    assert all(matrix.grad.any() for matrix in layer.transforms.matrices)


def test_even_kernels_are_refused():
    with pytest.raises(ValueError, match=r"Kernel sizes \(6, 4\) can't be transformed"):
        tnn.TransformedConv2d(3, 4, Choice("k", (4, 6)))


def test_a_kernel_size_that_shares_a_choice_with_widths_is_refused():
    with pytest.raises(ValueError, match="Kernel size k shares a choice with the channels"):
        tnn.TransformedConv2d(3, K * 2, K, padding=K // 2)
