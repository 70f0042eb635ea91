"""Weights are trained alike, whether their masks are trained too or fixed."""

import pytest
import torch

import tangle.nn as tnn
from tangle.nn import bind
from tests.nn.reference import random_alphas, softmax
from tests.nn.test_frozen_linear import SIZES


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
def test_weights_are_trained_alike_with_fixed_and_with_trained_masks(sizes, bias):
    torch.manual_seed(0)
    layer = tnn.Linear(*sizes, bias).double()
    x = torch.randn(9, 20, layer.in_features, dtype=torch.float64, requires_grad=True)
    trained = softmax(random_alphas(*layer.own_choices()))
    fixed = {name: weights.detach() for name, weights in trained.items()}
    results = []
    for weights in (trained, fixed):
        with bind(weights):
            y = layer(x)
        results.append([y, *torch.autograd.grad(y.square().sum(), [x, *layer.parameters()])])
    torch.testing.assert_close(*results)


def test_nothing_as_large_as_the_weight_is_kept_for_backward():
    layer = tnn.Linear(*SIZES["wide out"])
    x = torch.randn(200, layer.in_features)
    fixed = {c.name: torch.full((3,), 1 / 3) for c in layer.own_choices()}
    kept = []
    keep = torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t)
    with keep, bind(fixed):
        layer(x)
    assert kept
    assert all(t is layer.weight or t.shape != layer.weight.shape for t in kept)


def test_half_precision_stays_close_to_full_precision():
    torch.manual_seed(0)
    layer = tnn.Linear(*SIZES["wide out"])
    x = torch.randn(300, layer.in_features)
    fixed = {c.name: torch.randn(3).softmax(0) for c in layer.own_choices()}
    results = []
    for half in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=half), bind(fixed):
            y = layer(x)
        results.append(
            [y.float(), *torch.autograd.grad(y.float().square().sum(), [*layer.parameters()])]
        )
    for full, half in zip(*results, strict=True):
        assert float((half - full).detach().norm()) < 0.05 * float(full.detach().norm())
