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
    pad_and_sum,
    random_alphas,
    superposed,
)

EMBED, RATIO = Choice("embed", (4, 6, 3)), Choice("ratio", (2, 1.5))


def widths(values):
    return int(values["embed"] * values.get("ratio", 1))


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("size", [EMBED, EMBED * RATIO], ids=str)
def test_statistics_and_scale_are_those_of_superposed_versions(size, affine):
    layer = tnn.RMSNorm(size, eps=1e-3, elementwise_affine=affine)

    def reference(layer, x, weights):
        choices = layer.own_choices()

        def total(tensor):
            return pad_and_sum(tensor, weights, choices, lambda v: (slice(widths(v)),))

        presence = total(torch.ones(size.max, dtype=torch.float64))
        p = presence / presence.sum()
        y = x / ((p * x**2).sum(-1, keepdim=True) + 1e-3).sqrt()
        return y * (total(layer.weight) if affine else presence)

    assert_superposes(layer, torch.randn(2, 5, size.max), layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("eps", [None, 1e-3])
def test_one_hot_equals_sliced_equals_extracted(eps, affine, dtype):
    assert_roles_agree(
        lambda: tnn.RMSNorm(EMBED, eps=eps, elementwise_affine=affine),
        torch.randn(2, 5, 6, dtype=torch.float64),
        dtype,
        narrow=lambda x, values: x[..., : values["embed"]],
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_default_of_eps_follows_the_precision_as_torch_s(dtype):
    """Tiny inputs, so that eps decides the output."""
    layer = tnn.RMSNorm(EMBED).to(dtype)
    x = torch.full((2, 6), 1e-3, dtype=dtype)
    supernet = Supernet(layer)
    arch = {"embed": 1}
    y = supernet(x, one_hot(arch, supernet.space, dtype=dtype))
    limit = max(1e-5, 4 * torch.finfo(dtype).eps)
    torch.testing.assert_close(y, supernet(x, arch), rtol=limit, atol=0)


def test_layer_of_fixed_width_is_torch_s():
    layer, x = tnn.RMSNorm(6), torch.randn(2, 6)
    alphas = random_alphas(EMBED, dtype=torch.float32)
    assert torch.equal(superposed(layer, x, alphas), F.rms_norm(x, (6,), layer.weight))


@pytest.mark.parametrize("affine", [True, False])
def test_extracted_layer_is_torch_s_of_that_size(affine):
    layer = Supernet(tnn.RMSNorm(EMBED, eps=1e-3, elementwise_affine=affine)).extract({"embed": 0})
    assert type(layer) is nn.RMSNorm
    assert layer.normalized_shape == (4,)
    assert layer.eps == 1e-3
    assert (layer.weight is not None) == affine


def test_width_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"Size width is 0"):
        tnn.RMSNorm(Choice("width", (0, 4)))
