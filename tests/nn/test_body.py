"""Statements of a forward: they read like written ones, and let go of what they no longer need."""

import torch
import torch.nn.functional as F
from torch import nn

from tangle.nn.body import write_body
from tangle.nn.trace import trace


class Net(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.function = function

    def forward(self, x):
        return self.function(self, x)


def body(function):
    graph = trace(Net(function), torch.randn(2, 3), training=False)
    return write_body(graph, lambda path: f"self.{path}")


def test_a_chain_uses_one_variable():
    assert body(lambda net, x: net.layer(x).relu()) == [
        "x = self.layer(x)", "x = x.relu()", "return x"
    ]  # fmt: skip


def test_what_is_needed_later_keeps_its_name():
    assert body(lambda net, x: x + net.layer(x)) == [
        "y = self.layer(x)", "x = x + y", "return x"
    ]  # fmt: skip


def test_sizes_are_written_where_they_are_used():
    assert body(lambda net, x: net.layer(x).view(x.shape[0] * 3, -1)) == [
        "y = self.layer(x)", "y = y.view((x.shape[0] * 3), -1)", "return y"
    ]  # fmt: skip


def test_functions_have_their_public_names():
    def function(net, x):
        x = F.silu(F.linear(x, net.layer.weight))
        return torch.einsum("bi,bj->bij", torch.linalg.norm(x, dim=1, keepdim=True), x)

    assert body(function) == [
        "x = F.linear(x, self.layer.weight)",
        "x = F.silu(x, inplace=False)",
        "y = torch.linalg.norm(x, dim=1, keepdim=True)",
        "y = torch.einsum('bi,bj->bij', y, x)",
        "return y",
    ]


def test_many_variables_have_many_names():
    def function(net, x):
        parts = [x * i for i in range(6)]
        return torch.cat(parts)

    names = [line.split(" = ")[0] for line in body(function)[:-2]]
    assert len(set(names)) == len(names) == 6


def test_slices_and_dictionaries():
    assert body(lambda net, x: {"a": x[:, 1:], "b": x[..., None, ::2]})[-1].startswith(
        "return {'a'"
    )
