"""Operations that add nothing."""

import pytest
import torch
from torch import nn

from tangle.core import Choice
from tangle.nn import OneOf, bind


def example():
    return torch.randn(4, 2, 6, 6, dtype=torch.float64)


class Zero(nn.Module):
    runs = 0

    def forward(self, x):
        Zero.runs += 1
        return torch.zeros_like(x)


@pytest.mark.parametrize("zeros", [(), ("none",)])
def test_operations_that_are_zero_need_not_run_to_be_mixed(zeros):
    choice = Choice("edge", ("none", "conv", "skip"))
    conv1 = nn.Conv2d(2, 2, 1).double()
    operations = {"conv": conv1, "none": Zero(), "skip": nn.Identity()}
    module = OneOf(choice, operations, zeros=zeros)
    x, weights = example(), torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64, requires_grad=True)
    Zero.runs = 0
    with bind({"edge": weights}):
        y = module(x)
    assert Zero.runs == (0 if zeros else 1)
    torch.testing.assert_close(y, 0.5 * conv1(x) + 0.3 * x)
    y.sum().backward()
    assert weights.grad[0] == 0
    with bind({"edge": 0}):
        assert torch.equal(module(x), torch.zeros_like(x))


@pytest.mark.parametrize("zeros", [("nothing",), ("skip", "pool")])
def test_zeros_must_be_some_of_the_candidates(zeros):
    operations = {"skip": nn.Identity(), "pool": nn.AvgPool2d(1)}
    with pytest.raises(ValueError, match="name operations that return zero, and leave at least"):
        OneOf(Choice("edge", ("skip", "pool")), operations, zeros=zeros)
