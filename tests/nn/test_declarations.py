"""The parts of a network are built under their own names."""

import torch
from torch import nn

from tangle.nn.declarations import Declarations


def test_lists_are_indexed_and_odd_names_are_quoted():
    net = nn.Module()
    net.blocks = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    net.parts = nn.ModuleDict({"class": nn.Tanh(), "3": nn.Tanh()})
    declared = Declarations(net, {})
    assert declared.lines == [
        "super().__init__()",
        "self.blocks = nn.ModuleList()",
        "self.blocks.append(nn.Linear(2, 2))",
        "self.blocks.append(nn.ReLU())",
        "self.parts = nn.Module()",
        "self.parts.add_module('class', nn.Tanh())",
        "self.parts.add_module('3', nn.Tanh())",
    ]
    assert declared.reference("blocks.1") == "self.blocks[1]"
    assert declared.reference("parts.class") == "getattr(self.parts, 'class')"
    assert declared.reference("parts.3") == "getattr(self.parts, '3')"


def test_tensors_of_its_own_ties_and_shared_parts():
    net = nn.Module()
    net.one = nn.Linear(2, 2, bias=False)
    net.two = nn.Linear(2, 2, bias=False)
    net.two.weight = net.one.weight
    net.three = net.one
    net.free = nn.ParameterDict({"value": nn.Parameter(torch.ones(3))})
    net.register_buffer("index", torch.arange(2), persistent=False)
    declared = Declarations(net, {"_tensor_constant0": torch.zeros(())})
    assert declared.lines[1:] == [
        "self.register_buffer('index', torch.zeros((2,), dtype=torch.int64))",
        "self.one = nn.Linear(2, 2, bias=False)",
        "self.two = nn.Linear(2, 2, bias=False)",
        "self.two.weight = self.one.weight",
        "self.three = self.one",
        "self.free = nn.Module()",
        "self.free.register_parameter('value', nn.Parameter(torch.zeros((3,))))",
        "self.register_buffer('_tensor_constant0', torch.zeros(()))",
    ]
    assert set(declared.tensors) == {
        "index", "one.weight", "two.weight", "three.weight", "free.value", "_tensor_constant0",
    }  # fmt: skip


def test_other_precisions_are_cast_to():
    assert Declarations(nn.Linear(2, 2).half(), {}).lines[-1] == "self.to(torch.float16)"
