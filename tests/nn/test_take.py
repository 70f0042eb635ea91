import pytest
import torch

from tangle.nn.take import take

SLICES = (slice(0, 2), slice(None), slice(1, 3))


@pytest.mark.parametrize("slices", [SLICES, (slice(None),) * 3, ()])
def test_value_and_gradient_equal_those_of_indexing(slices):
    tensor = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn_like(tensor[slices])
    (reference,) = torch.autograd.grad((tensor[slices] * weight).sin().sum(), tensor)
    (gradient,) = torch.autograd.grad((take(tensor, slices) * weight).sin().sum(), tensor)
    assert torch.equal(take(tensor, slices), tensor[slices])
    assert torch.equal(gradient, reference)


def test_slice_is_a_view():
    buffer = torch.zeros(3, 4, 5)
    take(buffer, SLICES).add_(1)
    assert buffer.sum() == 2 * 4 * 2


def test_second_derivative_exists():
    tensor = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda t: take(t, SLICES).pow(3), tensor)
