import itertools

import pytest
import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet
from tangle.nn.contraction import Contraction, _Plan
from tests.nn.reference import assert_same, random_alphas, randomize, softmax, superposed

A, B, KERNEL = Choice("a", (4, 6, 3)), Choice("b", (5, 2)), Choice("kernel", (1, 3))

LAYERS = {
    "linear": (lambda: tnn.Linear(A, B), (7, 6)),
    "linear without bias": (lambda: tnn.Linear(A, B, bias=False), (7, 6)),
    "linear on sequences": (lambda: tnn.Linear(A, B), (2, 7, 6)),
    "only inputs vary": (lambda: tnn.Linear(A, 5), (7, 6)),
    "only outputs vary": (lambda: tnn.Linear(6, B), (7, 6)),
    "coupled": (lambda: tnn.Linear(A, A * B), (7, 6)),
    "1d": (lambda: tnn.Conv1d(A, B, 3, padding=1), (2, 6, 8)),
    "2d": (lambda: tnn.Conv2d(A, B, 3), (2, 6, 5, 5)),
    "strided": (lambda: tnn.Conv2d(A, B, 3, stride=2), (2, 6, 8, 8)),
    "kernel": (lambda: tnn.Conv2d(A, B, KERNEL, padding=KERNEL // 2), (2, 6, 5, 5)),
    "depthwise": (lambda: tnn.Conv2d(A, A, 3, groups=A), (2, 6, 5, 5)),
}  # fmt: skip


def forced(on_input, on_output):
    """Return a plan that puts each mask where it is told to, if it can."""

    def plan(self, x):
        plan = _Plan()
        for factor in self.factors("weight"):
            if factor.dims == (1,) and on_input:
                plan.input = factor
            elif factor.dims == (0,) and on_output:
                plan.output = factor
            else:
                plan.weight.append(factor)
        return plan

    return plan


@pytest.mark.parametrize("name", LAYERS)
def test_masks_on_activations_agree_with_masks_on_weights(name, monkeypatch):
    build, shape = LAYERS[name]
    layer = randomize(build().double())
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    alphas = random_alphas(*layer.own_choices())
    inputs = [x, *layer.parameters(), *alphas.values()]
    monkeypatch.setattr(Contraction, "_plan", forced(False, False))
    expected = superposed(layer, x, alphas)
    for places in itertools.product((True, False), repeat=2):
        monkeypatch.setattr(Contraction, "_plan", forced(*places))
        assert_same(superposed(layer, x, alphas), expected, inputs)


@pytest.mark.parametrize("name", LAYERS)
def test_frozen_weights_leave_the_gradient_of_alphas_and_inputs_as_it_is(name):
    build, shape = LAYERS[name]
    layer = randomize(build().double())
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    alphas = random_alphas(*layer.own_choices())
    expected = superposed(layer, x, alphas)
    actual = superposed(layer.requires_grad_(False), x, alphas)
    assert_same(actual, expected, [x, *alphas.values()])


def test_alpha_step_of_a_network_has_the_gradient_of_the_full_backward():
    kernel = Choice("kernel", (3, 5))
    net = nn.Sequential(
        tnn.Conv2d(3, A, kernel, padding=kernel // 2),
        tnn.BatchNorm2d(A),
        nn.ReLU(),
        tnn.Conv2d(A, A * 2, 3, groups=A),
        tnn.Conv2d(A * 2, B, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        tnn.LayerNorm(B),
        tnn.Linear(B, 4),
    )
    supernet = randomize(Supernet(net).double())
    x = torch.randn(4, 3, 7, 7, dtype=torch.float64)
    alphas = random_alphas(*supernet.space.values())
    gradients = []
    for frozen in (False, True):
        supernet.requires_grad_(not frozen)
        loss = supernet(x, softmax(alphas)).square().sum()
        gradients.append(torch.autograd.grad(loss, list(alphas.values())))
    for full, step in zip(*gradients, strict=True):
        torch.testing.assert_close(step, full, rtol=1e-10, atol=1e-10)
    assert all(parameter.grad is None for parameter in supernet.parameters())


def test_alpha_step_computes_no_gradient_of_a_superposed_weight():
    """With independent axes, the weight itself enters the contraction, and is frozen."""
    layer = tnn.Conv1d(A, B, 1).requires_grad_(False)
    alphas = random_alphas(A, B, dtype=torch.float32)
    entered = []

    def apply(x, weight, bias):
        entered.extend([weight, bias])
        return nn.functional.conv1d(x, weight, bias)

    layer.forward = lambda x: layer.contract(x, apply)
    superposed(layer, torch.randn(7, 6, 3), alphas)
    assert entered[0] is layer.weight
    assert entered[1] is layer.bias


@pytest.mark.parametrize("batch", [1, 1000])
def test_size_of_the_batch_changes_nothing(batch):
    """Small batches mask activations, large ones the weight."""
    layer = randomize(tnn.Linear(A, B).double())
    alphas, x = random_alphas(A, B), torch.randn(1000, 6, dtype=torch.float64)
    whole = superposed(layer, x, alphas)
    torch.testing.assert_close(
        superposed(layer, x[:batch], alphas), whole[:batch], rtol=1e-12, atol=1e-12
    )
