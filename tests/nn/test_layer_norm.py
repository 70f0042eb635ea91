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
    pad_and_sum,
    random_alphas,
    softmax,
    superposed,
)

EMBED, RATIO = Choice("embed", (4, 6, 3)), Choice("ratio", (2, 1.5))
AFFINE = [(True, True), (True, False), (False, False)]


def widths(values):
    return int(values["embed"] * values.get("ratio", 1))


@pytest.mark.parametrize(("affine", "bias"), AFFINE)
@pytest.mark.parametrize("size", [EMBED, EMBED * RATIO], ids=str)
def test_statistics_and_affine_are_those_of_superposed_versions(size, affine, bias):
    """Scale and shift are padded and summed; statistics weigh entries by their summed presence."""
    layer = tnn.LayerNorm(size, elementwise_affine=affine, bias=bias)

    def reference(layer, x, weights):
        choices = layer.own_choices()

        def total(tensor):
            return pad_and_sum(tensor, weights, choices, lambda v: (slice(widths(v)),))

        presence = total(torch.ones(size.max, dtype=torch.float64))
        p = presence / presence.sum()
        mean = (p * x).sum(-1, keepdim=True)
        variance = (p * (x - mean) ** 2).sum(-1, keepdim=True)
        y = (x - mean) / (variance + layer.eps).sqrt()
        y = y * (total(layer.weight) if affine else presence)
        return y + total(layer.bias) if bias else y

    assert_superposes(layer, torch.randn(2, 5, size.max), layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("affine", "bias"), AFFINE)
@pytest.mark.parametrize("size", [EMBED, EMBED * RATIO], ids=str)
def test_one_hot_equals_sliced_equals_extracted(size, affine, bias, dtype):
    assert_roles_agree(
        lambda: tnn.LayerNorm(size, eps=1e-3, elementwise_affine=affine, bias=bias),
        torch.randn(2, 5, size.max, dtype=torch.float64),
        dtype,
        narrow=lambda x, values: x[..., : widths(values)],
    )


def test_layer_of_fixed_width_is_torch_s():
    layer = tnn.LayerNorm(6)
    x = torch.randn(2, 6)
    alphas = random_alphas(EMBED, dtype=torch.float32)
    assert torch.equal(
        superposed(layer, x, alphas), F.layer_norm(x, (6,), layer.weight, layer.bias)
    )


@pytest.mark.parametrize(("affine", "bias"), AFFINE)
def test_extracted_layer_is_torch_s_of_that_size(affine, bias):
    layer = tnn.LayerNorm(EMBED, eps=1e-3, elementwise_affine=affine, bias=bias)
    layer = Supernet(layer).extract({"embed": 0})
    assert type(layer) is nn.LayerNorm
    assert layer.normalized_shape == (4,)
    assert layer.eps == 1e-3
    assert (layer.weight is not None) == affine
    assert (layer.bias is not None) == bias


@pytest.mark.parametrize("half_alphas", [True, False])
def test_half_precision_network_runs_superposed(half_alphas):
    net = nn.Sequential(tnn.Linear(5, EMBED), tnn.LayerNorm(EMBED), tnn.Linear(EMBED, 3))
    dtype = torch.bfloat16 if half_alphas else torch.float32
    alphas = softmax(random_alphas(EMBED, dtype=dtype))
    y = Supernet(net.bfloat16())(torch.randn(2, 5).bfloat16(), alphas)
    assert y.dtype == torch.bfloat16


def test_width_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"Size width is 0"):
        tnn.LayerNorm(Choice("width", (0, 4)))
