"""A graph of calls: what it keeps symbolic, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tangle.nn.trace import VALUE, UntraceableError, trace


class Net(nn.Module):
    """A network of one line."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.function = function

    def forward(self, x):
        return self.function(self, x)


def targets(function, **options):
    graph = trace(Net(function), torch.randn(2, 3), **{"training": False} | options)
    return [str(getattr(n.target, "__name__", n.target)) for n in graph.nodes][1:-1]


def test_layers_of_torch_count_as_one_call():
    assert targets(lambda net, x: net.layer(x)) == ["layer"]


def test_lengths_stay_symbolic_and_numbers_of_parts_do_not():
    # len is looked up where the network's class is defined
    assert targets(lambda net, x: x.new_zeros(len(x))) == ["size", "new_zeros"]
    assert targets(lambda net, x: x.expand(*x.shape))[:3] == ["getattr", "getitem", "getitem"]


def test_decisions_by_sizes_are_those_of_the_example():
    assert targets(lambda net, x: x.sin() if x.shape[1] == 3 else x.cos()) == ["sin"]
    assert targets(lambda net, x: x.sin() if len(x.shape) == 3 else x.cos()) == ["cos"]


def test_decisions_by_content_are_refused():
    with pytest.raises(UntraceableError, match=r"whether the tensor .* is true"):
        targets(lambda net, x: x if x.sum() > 0 else -x)


def test_what_a_forward_raises_is_told():
    with pytest.raises(UntraceableError, match=r"Net: .*mat1 and mat2"):
        targets(lambda net, x: net.layer(x.T))


def test_a_single_layer_is_no_network():
    with pytest.raises(UntraceableError, match="Linear is a single layer of torch"):
        trace(nn.Linear(2, 2), torch.ones(1, 2), training=False)


def test_the_mode_is_followed_and_results_without_use_are_left_out():
    def function(net, x):
        x.exp()
        return x.sin() if net.training else x.cos()

    assert targets(function) == ["cos"]
    assert targets(function, training=True) == ["sin"]


def test_effects_are_kept():
    def function(net, x):
        x = x + 1
        x.mul_(2)
        return x

    assert targets(function) == ["add", "mul_"]


def test_values_are_those_of_the_example():
    graph = trace(Net(lambda net, x: x.flatten()), torch.ones(2, 3), training=False)
    assert [tuple(node.meta[VALUE].shape) for node in graph.nodes if node.op != "output"] == [
        (2, 3),
        (6,),
    ]
