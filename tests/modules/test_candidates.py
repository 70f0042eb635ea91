from itertools import islice
from random import Random

import pytest
import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.modules import Candidates, Classification, recalibrate
from tangle.nn import Supernet
from tests.planted import CLASSES, planted_pair

WIDTH, DEPTH = Choice("width", (2, 5, 8)), Choice("depth", (1, 2))


@pytest.fixture
def supernet():
    torch.manual_seed(0)
    blocks = [nn.Sequential(tnn.Linear(WIDTH, WIDTH), tnn.BatchNorm1d(WIDTH), nn.ReLU(),
                            nn.Dropout(0.5)) for _ in range(2)]  # fmt: skip
    net = Supernet(nn.Sequential(
        tnn.Linear(4, WIDTH), tnn.BatchNorm1d(WIDTH), tnn.Stack(DEPTH, blocks),
        tnn.Linear(WIDTH, CLASSES),
    ))  # fmt: skip
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.normal_(module.weight)
    return net.train()


def batches(seed=0):
    x, y = planted_pair(60, seed)
    return list(zip(x.split(20), y.split(20), strict=True))


def by_hand(supernet, arch, calibration):
    net = supernet.extract(arch)
    recalibrate(net, calibration)
    metrics = Classification(CLASSES).metrics()
    with torch.no_grad():
        for x, y in batches():
            metrics.update(net.eval()(x), y)
    return {name: float(value) for name, value in metrics.compute().items()}


@pytest.mark.parametrize("calibrates", [False, True])
def test_a_slice_is_worth_what_the_extracted_network_is(calibrates, supernet):
    calibration = [x for x, _ in batches(1)] if calibrates else []
    candidates = Candidates(supernet, Classification(CLASSES), batches(), calibration)
    rng = Random(0)
    archs = [supernet.space.sample(rng) for _ in range(8)]
    expected = [by_hand(supernet, arch, calibration) for arch in archs]
    with candidates.evaluating():
        found = [candidates(arch) for arch in archs]
    for got, wanted in zip(found, expected, strict=True):
        assert got == pytest.approx(wanted, abs=1e-5)


def test_the_supernet_is_left_as_it_was(supernet):
    supernet.get_submodule("net.0").eval()
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    modes = [module.training for module in supernet.modules()]
    calibration = [x for x, _ in batches(1)]
    candidates = Candidates(supernet, Classification(CLASSES), batches(), calibration)
    with candidates.evaluating():
        for arch in islice(supernet.space.enumerate(), 3):
            candidates(arch)
    torch.testing.assert_close(supernet.state_dict(), before, rtol=0, atol=0)
    assert [module.training for module in supernet.modules()] == modes
    supernet(batches()[0][0], supernet.space.largest()).sum().backward()  # no inference tensor


def test_it_is_left_as_it_was_after_an_error_too(supernet):
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    candidates = Candidates(supernet, Classification(CLASSES), [("x", "y")],
                            [batches()[0][0]])  # fmt: skip
    with pytest.raises(TypeError), candidates.evaluating():
        candidates(supernet.space.smallest())
    torch.testing.assert_close(supernet.state_dict(), before, rtol=0, atol=0)
    assert supernet.training
