import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet
from tests.nn.reference import (
    DTYPES,
    assert_roles_agree,
    assert_superposes,
    centre,
    every_version,
    pad_and_sum,
)

C, OUT, R = Choice("c", (4, 6, 2)), Choice("out", (5, 2, 8)), Choice("r", (1, 2))
K, EVEN = Choice("k", (3, 7, 5)), Choice("k", (4, 2))

# Name: layer's options, values -> (inputs, outputs, kernel, inputs per group).
CASES = {
    "plain": (dict(i=3, o=8, k=3), lambda v: (3, 8, 3, 3)),
    "dense": (dict(i=C, o=OUT, k=3, padding=1), lambda v: (v["c"], v["out"], 3, v["c"])),
    "pointwise": (dict(i=C, o=OUT, k=1), lambda v: (v["c"], v["out"], 1, v["c"])),
    "coupled": (dict(i=C, o=C * R, k=3), lambda v: (v["c"], v["c"] * v["r"], 3, v["c"])),
    "kernel": (dict(i=3, o=4, k=K, padding=K // 2), lambda v: (3, 4, v["k"], 3)),
    "even kernel": (dict(i=3, o=4, k=EVEN, padding=EVEN // 2), lambda v: (3, 4, v["k"], 3)),
    "all": (
        dict(i=C, o=OUT, k=K, padding=K // 2),
        lambda v: (v["c"], v["out"], v["k"], v["c"]),
    ),
    "strided": (
        dict(i=C, o=OUT, k=K, padding=K // 2, stride=2),
        lambda v: (v["c"], v["out"], v["k"], v["c"]),
    ),
    "dilated": (
        dict(i=C, o=OUT, k=K, padding=K // 2 * 2, dilation=2),
        lambda v: (v["c"], v["out"], v["k"], v["c"]),
    ),
    "dilated and strided": (
        dict(i=3, o=OUT, k=K, padding=K // 2 * 3, dilation=3, stride=2),
        lambda v: (3, v["out"], v["k"], 3),
    ),
    "depthwise": (
        dict(i=C, o=C, k=K, padding=K // 2, groups=C),
        lambda v: (v["c"], v["c"], v["k"], 1),
    ),
    "depthwise with multiplier": (
        dict(i=C, o=C * 3, k=3, groups=C),
        lambda v: (v["c"], 3 * v["c"], 3, 1),
    ),
    "depthwise of a product": (
        dict(i=C * R, o=C * R, k=K, padding=K // 2, groups=C * R),
        lambda v: (v["c"] * v["r"], v["c"] * v["r"], v["k"], 1),
    ),
    "grouped": (
        dict(i=C, o=C * 2, k=3, padding=1, groups=C // 2),
        lambda v: (v["c"], 2 * v["c"], 3, 2),
    ),
    "fixed groups": (
        dict(i=6, o=4, k=K, padding=K // 2, groups=2),
        lambda v: (6, 4, v["k"], 3),
    ),
}


@pytest.fixture(params=[1, 2], ids=["1d", "2d"])
def spatial(request):
    return request.param


def build(name, spatial, **options):
    arguments = {**CASES[name][0], **options}
    i, o, k = (arguments.pop(key) for key in "iok")
    return (tnn.Conv1d if spatial == 1 else tnn.Conv2d)(i, o, k, **arguments)


def example(layer, spatial):
    return torch.randn(2, layer.in_channels, *(13, 12)[:spatial], dtype=torch.float64)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_superposition_equals_pad_and_sum(name, spatial, bias):
    layer = build(name, spatial, bias=bias)
    version = CASES[name][1]
    largest = layer.kernel_size[0]

    def keep(values):
        _, rows, kernel, columns = version(values)
        return slice(rows), slice(columns), *[centre(kernel, largest)] * spatial

    def reference(layer, x, weights):
        choices = layer.own_choices()
        weight = pad_and_sum(layer.weight, weights, choices, keep)
        shift = pad_and_sum(layer.bias, weights, choices, lambda v: keep(v)[:1])
        convolve = F.conv1d if spatial == 1 else F.conv2d
        options = layer.stride, layer.padding, layer.dilation, layer.groups
        return convolve(x, weight, shift, *options)

    assert_superposes(layer, example(layer, spatial), layer.own_choices(), reference)


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"plain"}))
def test_superposition_equals_the_weighted_sum_of_smaller_layers(name):
    """Of whole layers, each with padding and groups of its own; exact while outputs are linear."""
    layer = build(name, 2)
    version = CASES[name][1]
    largest = layer.kernel_size[0]

    def reference(layer, x, weights):
        total = 0
        for values, arch in every_version(layer.own_choices()):
            inputs, rows, kernel, columns = version(values)
            window = centre(kernel, largest)
            y = F.conv2d(
                x[:, :inputs],
                layer.weight[:rows, :columns, window, window],
                layer.bias[:rows],
                layer.stride,
                layer.padding[0] - layer.dilation[0] * (largest - kernel) // 2,
                layer.dilation,
                inputs // columns,
            )
            weight = math.prod(weights[choice][i] for choice, i in arch.items())
            total = total + weight * F.pad(y, (0, 0, 0, 0, 0, layer.out_channels - rows))
        return total

    assert_superposes(layer, example(layer, 2), layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(CASES.keys() - {"plain"}))
def test_one_hot_equals_sliced_equals_extracted(name, spatial, dtype):
    assert_roles_agree(
        lambda: build(name, spatial),
        example(build(name, spatial), spatial),
        dtype,
        narrow=lambda x, values: x[:, : CASES[name][1](values)[0]],
        count=5,
    )


def test_extracted_layer_is_torch_s_of_that_size(spatial):
    layer = build("dilated", spatial, bias=False)
    layer = Supernet(layer).extract({"c": 0, "out": 1, "k": 2})
    assert type(layer) is (nn.Conv1d if spatial == 1 else nn.Conv2d)
    assert (layer.in_channels, layer.out_channels, layer.groups) == (4, 2, 1)
    assert layer.kernel_size == (5,) * spatial
    assert layer.padding == (4,) * spatial
    assert layer.dilation == (2,) * spatial
    assert layer.bias is None


def test_extracted_depthwise_layer_has_as_many_groups_as_channels(spatial):
    layer = Supernet(build("depthwise", spatial)).extract({"c": 2, "k": 0})
    assert (layer.in_channels, layer.out_channels, layer.groups) == (2, 2, 2)


def test_mixed_even_and_odd_kernels_are_refused():
    kernel = Choice("k", (3, 4, 5))
    for padding in (0, kernel // 2):
        with pytest.raises(ValueError, match=r"Kernel sizes \[3, 4, 5\] of k mix even and odd"):
            tnn.Conv2d(3, 4, kernel, padding=padding)


@pytest.mark.parametrize(
    ("padding", "dilation", "remedy"),
    [
        (3, 1, r"Padding 3 is 3 for kernel size 3, .* padding=kernel // 2$"),
        (K // 2, 2, r"Padding \(k\) // 2 is 1 for kernel size 3, .* padding=kernel // 2 \* 2$"),
        (0, 1, r"Padding 0 is 0 for kernel size 3, which does not align"),
    ],
)
def test_padding_that_does_not_follow_the_kernel_is_refused(padding, dilation, remedy):
    with pytest.raises(ValueError, match=remedy):
        tnn.Conv2d(3, 4, K, padding=padding, dilation=dilation)


@pytest.mark.parametrize(
    "options",
    [
        dict(in_channels=C, out_channels=C, groups=2),
        dict(in_channels=12, out_channels=12, groups=C),
        dict(in_channels=C, out_channels=12, groups=C),
    ],
)
def test_groups_of_varying_width_are_refused(options):
    with pytest.raises(ValueError, match=r"gives groups of different widths .* groups=channels"):
        tnn.Conv2d(**options, kernel_size=3)


@pytest.mark.parametrize("option", ["stride", "dilation"])
def test_stride_or_dilation_that_varies_is_refused_with_the_way_out(option):
    for size in (R, R * 2):
        with pytest.raises(ValueError, match=rf"^{option} is r.*must be a number.* OneOf$"):
            tnn.Conv2d(3, 4, 3, **{option: size})


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (dict(in_channels=3, out_channels=Choice("width", (4, 0))), "width"),
        (dict(in_channels=Choice("width", (4, 0)), out_channels=3), "width"),
        (dict(in_channels=3, out_channels=3, kernel_size=Choice("k", (0, 2))), "k"),
        (dict(in_channels=4, out_channels=4, groups=Choice("g", (4, 0))), "g"),
    ],
)
def test_size_of_zero_is_refused(options, size):
    with pytest.raises(ValueError, match=rf"Size {size} is 0 for one of its candidates"):
        tnn.Conv2d(**{"kernel_size": 3, **options})
