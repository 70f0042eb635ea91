"""A product by segments is that of the superposed weight, and so are its gradients."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import tangle.nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet, bind
from tangle.nn.segments import few_segments
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
    assert layer._segments() is not None
    frozen = gradients(layer, x, alphas)
    torch.testing.assert_close(frozen, trained)


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


def test_the_dimension_with_less_to_do_is_taken():
    wide = tnn.Linear(EMBED, EMBED * RATIO)  # 3 segments of 6 inputs, 8 of 18 outputs
    assert few_segments(wide.axes()["weight"]) == (0, (2, 2, 2, 2, 4, 6))
    narrow = Choice("narrow", (17, 18))
    square = tnn.Linear(narrow, narrow * Choice("one", (1,)))
    assert few_segments(square.axes()["weight"]) == (0, (17, 1))


def test_many_segments_are_left_to_the_superposed_weight():
    many = Choice("many", tuple(range(1, 20)))
    assert few_segments(tnn.Linear(many, many).axes()["weight"]) is None
