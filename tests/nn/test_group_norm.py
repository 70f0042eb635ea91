import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice, one_hot
from tangle.nn import Supernet
from tests.nn.reference import (
    DTYPES,
    assert_roles_agree,
    assert_superposes,
    every_version,
    random_alphas,
    softmax,
    superposed,
)

C, R, G = Choice("c", (6, 12, 18)), Choice("r", (1, 2)), Choice("g", (1, 2, 3))

CASES = {
    "fixed groups": (3, C, lambda v: (3, v["c"])),
    "groups follow the channels": (C // 3, C, lambda v: (v["c"] // 3, v["c"])),
    "groups are a choice of their own": (G, C, lambda v: (v["g"], v["c"])),
    "groups vary, channels don't": (G, 12, lambda v: (v["g"], 12)),
    "product": (C // 2, C * R, lambda v: (v["c"] // 2, v["c"] * v["r"])),
    "one group": (1, C, lambda v: (1, v["c"])),
    "instance norm": (C, C, lambda v: (v["c"], v["c"])),
}


def build(name, affine=True):
    groups, channels, _ = CASES[name]
    return tnn.GroupNorm(groups, channels, eps=1e-3, affine=affine)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    ("name", "spatial"),
    [
        (name, spatial)
        for name in CASES
        for spatial in ((), (5,), (3, 4))
        if spatial or name != "instance norm"  # torch refuses groups of a single value
    ],
)
def test_superposition_is_the_sum_of_padded_outputs(name, spatial, affine):
    """Every version normalises its channels in its groups; outputs are padded, weighted, added."""
    layer, version = build(name, affine), CASES[name][2]

    def reference(layer, x, weights):
        total = torch.zeros_like(x)
        for values, arch in every_version(layer.own_choices()):
            groups, channels = version(values)
            scale, shift = (p[:channels] if affine else None for p in (layer.weight, layer.bias))
            y = F.group_norm(x[:, :channels], groups, scale, shift, 1e-3)
            weight = math.prod(weights[choice][i] for choice, i in arch.items())
            missing = x.shape[1] - channels
            total = total + weight * F.pad(y, (*[0] * 2 * len(spatial), 0, missing))
        return total

    x = torch.randn(2, layer.num_channels, *spatial)
    assert_superposes(layer, x, layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_one_hot_equals_sliced_equals_extracted(name, affine, dtype):
    assert_roles_agree(
        lambda: build(name, affine),
        torch.randn(2, build(name).num_channels, 3, 4, dtype=torch.float64),
        dtype,
        narrow=lambda x, values: x[:, : CASES[name][2](values)[1]],
        count=6,
    )


def test_statistics_are_those_of_single_precision_under_autocast():
    layer = build("fixed groups")
    x = 30 * torch.randn(4, 18, 5, 5) + 100
    alphas = random_alphas(C, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = superposed(layer, x.bfloat16(), alphas)
    expected = superposed(layer, x.bfloat16().float(), alphas)
    torch.testing.assert_close(y.float(), expected, rtol=2**-7, atol=2**-7)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_group_sizes_stay_exact_when_the_network_changes_precision(dtype):
    """A third is no binary fraction: it must not be rounded once and converted afterwards."""
    layer = tnn.GroupNorm(C // 3, C).to(dtype)
    x = torch.randn(2, 18, 5).to(dtype)
    hot = one_hot({"c": 2}, Supernet(layer).space, dtype=dtype)
    limit = {torch.float64: 1e-12, torch.bfloat16: 2**-5}[dtype]
    y = Supernet(layer)(x, hot)
    assert y.dtype == dtype
    torch.testing.assert_close(y, F.group_norm(x, 6), rtol=limit, atol=limit)


def test_half_precision_network_runs_with_single_precision_alphas():
    layer = build("fixed groups").bfloat16()
    alphas = random_alphas(C, dtype=torch.float32)
    assert superposed(layer, torch.randn(2, 18, 5).bfloat16(), alphas).dtype == torch.bfloat16


def test_state_holds_weights_alone():
    assert build("product").state_dict().keys() == {"weight", "bias"}


def test_layer_of_fixed_size_is_torch_s():
    layer, x = tnn.GroupNorm(3, 6), torch.randn(2, 6, 4)
    for arch in ({"c": 0}, softmax(random_alphas(C, dtype=torch.float32))):
        with tnn.bind(arch):
            assert torch.equal(layer(x), F.group_norm(x, 3, layer.weight, layer.bias))


@pytest.mark.parametrize("affine", [True, False])
def test_extracted_layer_is_torch_s_of_that_size(affine):
    layer = Supernet(build("groups follow the channels", affine)).extract({"c": 1})
    assert type(layer) is nn.GroupNorm
    assert (layer.num_groups, layer.num_channels, layer.eps) == (4, 12, 1e-3)
    assert (layer.weight is not None) == affine


def test_channels_that_groups_do_not_divide_are_refused():
    with pytest.raises(ValueError, match=r"6 channels \(c\) in 4 groups \(4\), which does not div"):
        tnn.GroupNorm(4, C)
    with pytest.raises(ValueError, match=r"let the groups follow the channels, as in num_groups="):
        tnn.GroupNorm(Choice("g", (2, 4)), C)


@pytest.mark.parametrize(
    ("groups", "channels"), [(Choice("n", (0, 2)), C), (1, Choice("n", (4, 0)))]
)
def test_size_of_zero_is_refused(groups, channels):
    with pytest.raises(ValueError, match=r"Size n is 0 for one of its candidates"):
        tnn.GroupNorm(groups, channels)
