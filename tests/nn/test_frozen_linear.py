"""A product by segments is that of the superposed weight, and so are its gradients."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import tangle.nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet, bind
from tests.nn.reference import random_alphas, softmax

EMBED, RATIO = Choice("embed", (4, 2, 6)), Choice("ratio", (1, 3, 2))
SIZES = {
    "wide out": (EMBED, EMBED * RATIO),
    "wide in": (EMBED * RATIO, EMBED),
    "same": (EMBED, EMBED),
    "independent": (EMBED, RATIO * 5),
    "independent, narrow in": (RATIO, EMBED * 2),
}


def gradients(layer, x, alphas):
    with bind(softmax(alphas)):
        y = layer(x)
    return y, torch.autograd.grad(y.square().sum(), [x, *alphas.values()])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("batch", [1, 20], ids=["few rows", "many rows"])
def test_frozen_layers_equal_trained_ones(sizes, bias, batch):
    torch.manual_seed(0)
    layer = tnn.Linear(*sizes, bias).double()
    x = torch.randn(batch, 2, layer.in_features, dtype=torch.float64, requires_grad=True)
    alphas = random_alphas(*layer.own_choices())
    trained = gradients(layer, x, alphas)
    layer.requires_grad_(False)
    frozen = gradients(layer, x, alphas)
    torch.testing.assert_close(frozen, trained)


def test_a_single_input_may_come_without_a_batch():
    layer = tnn.Linear(EMBED, EMBED * RATIO).double().requires_grad_(False)
    x = torch.randn(layer.in_features, dtype=torch.float64, requires_grad=True)
    alphas = random_alphas(EMBED, RATIO)
    one, batch = gradients(layer, x, alphas), gradients(layer, x[None], alphas)
    torch.testing.assert_close(one[0], batch[0][0])
    torch.testing.assert_close(one[1], (batch[1][0][0], *batch[1][1:]))


def test_half_precision_stays_close_to_full_precision():
    torch.manual_seed(0)
    alphas = random_alphas(EMBED, RATIO, dtype=torch.float32)
    for sizes in (SIZES["wide out"], SIZES["wide in"]):
        layer = tnn.Linear(*sizes).requires_grad_(False)
        x = torch.randn(300, layer.in_features, requires_grad=True)
        y, full = gradients(layer, x, alphas)
        with torch.autocast("cpu", torch.bfloat16):
            half_y, half = gradients(layer, x, alphas)
        assert half_y.dtype == torch.bfloat16
        torch.testing.assert_close(half_y.float(), y, rtol=0.05, atol=0.05)
        for one, other in zip(half, full, strict=True):
            assert one.dtype == torch.float32
            assert float((one - other).norm()) < 0.05 * float(other.norm())


def test_no_gradient_as_large_as_the_weight_is_made():
    supernet = Supernet(torch.nn.Sequential(tnn.Linear(5, EMBED), tnn.Linear(EMBED, EMBED * RATIO)))
    supernet.requires_grad_(False)
    weight = supernet.net[1].weight
    made = []

    class Shapes(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor) and "mm" in str(function):
                made.append(tuple(result.shape))
            return result

    alphas = random_alphas(EMBED, RATIO, dtype=torch.float32)
    with Shapes():
        supernet(torch.randn(64, 5), softmax(alphas)).square().sum().backward()
    assert made
    assert tuple(weight.shape) not in made
    assert tuple(weight.shape)[::-1] not in made
