"""Networks are judged side by side, each under its name."""

import copy

import pytest
import torch

from tangle.modules import Classification
from tangle.modules.judged import JudgedNetworks
from tests.planted import CLASSES, PlantedData, make_search, make_trainer


def test_each_network_has_its_metrics():
    search, data = make_search(), PlantedData()
    make_trainer(epochs=3).fit(search, data)
    net = search.supernet.extract({"width": 1})
    worse = copy.deepcopy(net)
    torch.nn.init.zeros_(worse.layers[3].weight)
    module = JudgedNetworks(Classification(CLASSES), {"net": net, "worse": worse})
    metrics = make_trainer().test(module, data, verbose=False)[0]
    assert metrics["test/net/accuracy"] > metrics["test/worse/accuracy"]
    correct = [net.eval()(x).argmax(1) == y for x, y in data.test_dataloader()]
    assert metrics["test/net/accuracy"] == pytest.approx(float(torch.cat(correct).float().mean()))
