import itertools

import pytest
import torch
import torch.nn.functional as F

from tangle.nn.weighted_norm import weighted_norm
from tests.nn.reference import assert_same

EPS = 1e-3


def composed(x, presence, scale, shift, *, centre, eps=EPS):
    """The definition, in operations whose gradients are torch's."""
    p = presence / presence.sum()
    mean = (p * x).sum(-1, keepdim=True) if centre else torch.zeros(())
    variance = (p * (x - mean) ** 2).sum(-1, keepdim=True)
    y = (x - mean) / torch.sqrt(variance + eps) * scale
    return y if shift is None else y + shift


def inputs(shape, *, with_shift=True):
    width = shape[-1]
    x, scale, shift = (torch.randn(s, dtype=torch.float64) for s in (shape, width, width))
    presence = torch.rand(width, dtype=torch.float64).sort(descending=True).values + 0.01
    tensors = [x, presence, scale, *([shift] if with_shift else [])]
    return [tensor.requires_grad_() for tensor in tensors]


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("with_shift", [True, False])
@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 5), (4, 1)])
def test_output_and_gradients_are_those_of_the_definition(shape, with_shift, centre):
    tensors = inputs(shape, with_shift=with_shift)
    x, presence, scale, shift = (*tensors, None)[:4]
    actual = weighted_norm(x, presence, scale, shift, eps=EPS, centre=centre)
    assert_same(actual, composed(x, presence, scale, shift, centre=centre), tensors)


@pytest.mark.parametrize("centre", [True, False])
def test_gradients_agree_with_finite_differences(centre):
    tensors = inputs((3, 4))
    assert torch.autograd.gradcheck(
        lambda *t: weighted_norm(*t, eps=EPS, centre=centre), tuple(tensors)
    )


@pytest.mark.parametrize("centre", [True, False])
def test_gradients_of_each_set_of_inputs_alone(centre):
    """What needs no gradient is not computed, and the rest stays right."""
    tensors = inputs((3, 4))
    for wanted in itertools.product((True, False), repeat=4):
        if not any(wanted):
            continue
        for tensor, wants in zip(tensors, wanted, strict=True):
            tensor.requires_grad_(wants)
        active = [t for t in tensors if t.requires_grad]
        x, presence, scale, shift = tensors
        actual = weighted_norm(x, presence, scale, shift, eps=EPS, centre=centre)
        assert_same(actual, composed(x, presence, scale, shift, centre=centre), active)


@pytest.mark.parametrize("width", [1, 3, 6])
def test_full_presence_of_a_prefix_is_the_norm_of_the_prefix(width):
    x, _, scale, shift = inputs((4, 6))
    presence = (torch.arange(6) < width).double()
    y = weighted_norm(x, presence, scale, shift, eps=EPS, centre=True)[:, :width]
    expected = F.layer_norm(x[:, :width], (width,), scale[:width], shift[:width], EPS)
    assert_same(y, expected, [x, scale, shift])
    y = weighted_norm(x, presence, scale, None, eps=EPS, centre=False)[:, :width]
    expected = F.rms_norm(x[:, :width], (width,), scale[:width], EPS)
    assert_same(y, expected, [x, scale])


def test_scale_of_presence_cancels():
    x, presence, scale, shift = inputs((4, 6))
    one = weighted_norm(x, presence, scale, shift, eps=EPS, centre=True)
    two = weighted_norm(x, 7 * presence, scale, shift, eps=EPS, centre=True)
    torch.testing.assert_close(one, two, rtol=1e-12, atol=1e-12)


def test_large_mean_costs_no_precision():
    x = torch.randn(4, 64) + 1000
    y = weighted_norm(x, torch.ones(64), torch.ones(64), None, eps=1e-5, centre=True)
    torch.testing.assert_close(y, F.layer_norm(x, (64,)), rtol=1e-3, atol=1e-3)


def test_half_precision_input_under_autocast_is_normalised_in_single_precision():
    x = (100 * torch.randn(8, 64)).bfloat16()
    presence = torch.rand(64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = weighted_norm(x, presence, torch.ones(64), None, eps=1e-5, centre=True)
    expected = composed(x.float(), presence, torch.ones(64), None, centre=True, eps=1e-5)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, expected.bfloat16(), rtol=2**-7, atol=1e-6)  # the last bit


def test_half_precision_network_stays_in_half_precision():
    """As torch's own norms do: the next layer's weight is of that precision too."""
    x, ones = torch.randn(8, 64).bfloat16(), torch.ones(64).bfloat16()
    for presence in (torch.rand(64), torch.rand(64).bfloat16()):
        y = weighted_norm(x, presence, ones, ones, eps=1e-5, centre=True)
        assert y.dtype == torch.bfloat16
        expected = composed(x.float(), presence.float(), ones, ones, centre=True, eps=1e-5)
        torch.testing.assert_close(y.float(), expected, rtol=2**-7, atol=2**-7)


def test_second_derivative_is_refused():
    x, presence, scale, shift = inputs((3, 4))
    y = weighted_norm(x, presence, scale, shift, eps=EPS, centre=True).square().sum()
    (gradient,) = torch.autograd.grad(y, x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
