"""Masks on the activations of few inputs do what masks on the weight do."""

import pytest
import torch

import tangle.nn as tnn
from tangle.core import Choice
from tangle.nn import bind, contraction
from tangle.nn.few_rows import are_few_rows
from tests.nn.reference import assert_same, random_alphas, randomize, softmax
from tests.nn.test_frozen_linear import SIZES

C = Choice("c", (24, 8, 40))


def results(layer, x, alphas, trained):
    """Return the output, and the gradients of all that is trained."""
    weights = softmax(alphas)
    if "masks" not in trained:
        weights = {name: w.detach() for name, w in weights.items()}
    with bind(weights):
        y = layer(x)
    inputs = [x, *(layer.parameters() if "weights" in trained else ())]
    inputs += alphas.values() if "masks" in trained else ()
    return [y, *torch.autograd.grad(y.square().sum(), inputs)]


def masking(layer, x, alphas, trained, monkeypatch):
    """Return the results of masks on activations, and on the weight."""
    both = []
    for few in (True, False):
        monkeypatch.setattr(contraction, "are_few_rows", lambda *_, few=few: few)
        both.append(results(layer, x, alphas, trained))
    return both


@pytest.mark.parametrize("trained", [("weights",), ("masks",), ("weights", "masks")], ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
def test_linear_layers(sizes, bias, trained, monkeypatch):
    layer = randomize(tnn.Linear(*sizes, bias).double())
    layer.requires_grad_("weights" in trained)
    x = torch.randn(2, 3, layer.in_features, dtype=torch.float64, requires_grad=True)
    alphas = random_alphas(*layer.own_choices())
    torch.testing.assert_close(*masking(layer, x, alphas, trained, monkeypatch))


@pytest.mark.parametrize("sizes", [(C, C // 4), (C // 4, C)], ids=["narrower", "wider"])
@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 1)], ids=["batch", "one image"])
def test_pointwise_convolutions_of_a_single_position(sizes, shape, monkeypatch):
    layer = randomize(tnn.Conv2d(*sizes, 1).double())
    x = torch.randn(*shape[:-2], layer.in_channels, 1, 1, dtype=torch.float64, requires_grad=True)
    alphas = random_alphas(C)
    torch.testing.assert_close(*masking(layer, x, alphas, ("weights", "masks"), monkeypatch))
    with bind(softmax(alphas)):
        expected = torch.nn.functional.conv2d(x, layer.read("weight"), layer.read("bias"))
        assert_same(layer(x), expected, [x, *layer.parameters(), *alphas.values()])


@pytest.mark.parametrize(
    ("options", "size"),
    [({"kernel_size": 3, "padding": 1}, 1), ({"kernel_size": 1, "padding": 1}, 1),
     ({"kernel_size": 1, "groups": C}, 1), ({"kernel_size": 1}, 2)],
    ids=["kernel", "padding", "groups", "positions"],
)  # fmt: skip
def test_other_convolutions_are_no_products(options, size, monkeypatch):
    def refuse(*_):
        raise AssertionError("taken for a product of matrices")

    monkeypatch.setattr(contraction, "few_rows_linear", refuse)
    layer = tnn.Conv2d(C, C if "groups" in options else C // 4, **options)
    alphas = random_alphas(C, dtype=torch.float32)
    with bind(softmax(alphas)):
        layer(torch.randn(1, 40, size, size))


@pytest.mark.parametrize("sizes", [(C, C // 4), (C // 4, C)], ids=["narrower", "wider"])
def test_a_batch_without_inputs_has_outputs_and_gradients(sizes, monkeypatch):
    layer, alphas = tnn.Linear(*sizes).double(), random_alphas(C)
    x = torch.randn(0, layer.in_features, dtype=torch.float64, requires_grad=True)
    few, usual = masking(layer, x, alphas, ("weights", "masks"), monkeypatch)
    assert few[0].shape == (0, layer.out_features)
    torch.testing.assert_close(few, usual)


def test_a_layer_and_one_that_leads_back_share_their_masks():
    there, back = tnn.Linear(C, C // 4), tnn.Linear(C // 4, C)
    with bind(softmax(random_alphas(C, dtype=torch.float32))) as scope:
        y = there(torch.randn(2, 40))
        before = len(scope.memo)
        back(y)
    assert len(scope.memo) == before + 1  # the mask of the other bias


def test_rows_are_few_where_their_masks_are_less_than_that_of_the_weight():
    weight = torch.empty(12, 8)
    assert are_few_rows(torch.empty(5, 8), weight, 0, (6, 6))
    assert not are_few_rows(torch.empty(3, 2, 8), weight, 0, (6, 6))
    assert not are_few_rows(torch.empty(5, 8), weight, 1, (4, 4))


def test_half_precision_stays_close_to_full_precision():
    torch.manual_seed(0)
    for sizes in (SIZES["wide out"], SIZES["wide in"]):
        layer = tnn.Linear(*sizes)
        x = torch.randn(1, layer.in_features, requires_grad=True)
        alphas = random_alphas(*layer.own_choices(), dtype=torch.float32)
        full = results(layer, x, alphas, ("weights", "masks"))
        with torch.autocast("cpu", torch.bfloat16):
            half = results(layer, x, alphas, ("weights", "masks"))
        assert half[0].dtype == torch.bfloat16
        for one, other in zip(half[1:], full[1:], strict=True):
            assert one.dtype == torch.float32
            assert float((one - other).norm()) < 0.05 * float(other.norm())
