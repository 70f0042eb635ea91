"""Costs are those of the extracted network, and times are measured once."""

from types import SimpleNamespace

import torch

from tangle.cli import costs
from tangle.cli.costs import COSTS, cost_functions
from tangle.metrics import count_macs, count_parameters
from tangle.nn import Supernet
from tests.planted import PlantedNet


def test_costs_are_those_of_the_extracted_network_for_one_input():
    supernet = Supernet(PlantedNet())
    functions = cost_functions(supernet, torch.randn(5, 4), latency_batch=2)
    assert tuple(functions) == COSTS
    for arch in supernet.space.enumerate():
        net = supernet.extract(arch)
        assert functions["params"](arch) == count_parameters(net)
        assert functions["macs"](arch) == count_macs(net, torch.zeros(1, 4))


def test_a_latency_is_measured_once(monkeypatch):
    calls = []

    def measure(net, example):
        calls.append(net)
        return SimpleNamespace(median=7.0)

    monkeypatch.setattr(costs, "measure_latency", measure)
    latency = cost_functions(Supernet(PlantedNet()), torch.zeros(1, 4))["latency"]
    assert [latency({"width": 0}), latency({"width": 0}), latency({"width": 1})] == [7, 7, 7]
    assert len(calls) == 2


def test_latency_is_the_median_of_the_asked_batch(monkeypatch):
    seen = []

    def measure(net, example):
        seen.append(len(example))
        return SimpleNamespace(median=1.5)

    monkeypatch.setattr(costs, "measure_latency", measure)
    functions = cost_functions(Supernet(PlantedNet()), torch.zeros(8, 4), latency_batch=3)
    assert functions["latency"]({"width": 0}) == 1.5
    assert seen == [3]
