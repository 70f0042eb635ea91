"""Costs are those of the extracted network, and counted once."""

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


def test_a_cost_is_counted_once(monkeypatch):
    calls = []
    monkeypatch.setattr(costs, "count_parameters", lambda net: calls.append(net) or 7)
    params = cost_functions(Supernet(PlantedNet()), torch.zeros(1, 4))["params"]
    assert [params({"width": 0}), params({"width": 0}), params({"width": 1})] == [7, 7, 7]
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
