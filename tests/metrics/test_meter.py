"""Who multiplies how much."""

from __future__ import annotations

import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics.meter import Meter
from tangle.nn import Supernet
from tests.cost_nets import NETS, TokenNet


def work(meter: Meter, arch: dict[str, int]) -> dict[type, int]:
    return {type(meter.modules[n]): macs for n, macs in meter.run(arch).items()}


def test_a_module_has_what_it_multiplies_itself() -> None:
    supernet = Supernet(TokenNet())
    meter = Meter(supernet, NETS["tokens"][1])
    largest = supernet.space.largest()
    own = {meter.modules[n]: macs for n, macs in meter.run(largest).items()}
    net = meter.supernet.net
    assert own[net] == 2 * 2 * 6 * 6 * 12  # attention, in the forward of the network itself
    assert own[net.proj] == 2 * 6 * 12 * 12
    assert own[net.per_head] == 3 * 2 * 6 * 3 * 4 * 4
    assert own[net.again.inside] == 2 * 2 * 6 * 12 * 12  # runs twice
    assert sum(own.values()) == meter.count(largest)


def test_nothing_is_computed_with_the_weights() -> None:
    meter = Meter(Supernet(TokenNet()), NETS["tokens"][1])
    assert {tensor.device.type for tensor in meter.supernet.parameters()} == {"meta"}


class Reads(nn.Module):
    """A network that looks at numbers, which a copy without weights does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = tnn.Linear(3, Choice("width", (2, 4)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x if float(x.sum()) < 1 else -x)


def test_a_network_that_needs_numbers_runs_with_them() -> None:
    supernet = Supernet(Reads()).train()
    meter = Meter(supernet, torch.ones(5, 3))
    assert meter.run({"width": 0}) == {1: 30}
    assert meter.supernet is not supernet
    assert supernet.training


def test_transforms_of_kernels_are_left_out() -> None:
    kernel = Choice("kernel", (3, 5))
    conv = tnn.TransformedConv2d(4, 4, kernel, padding=kernel // 2, groups=4)
    meter = Meter(Supernet(conv), torch.ones(2, 4, 6, 6))
    for index, size in enumerate((3, 5)):
        assert meter.run({"kernel": index}) == {0: 2 * 4 * 6 * 6 * size**2}


def test_no_hooks_are_left_behind() -> None:
    meter = Meter(Supernet(TokenNet()), NETS["tokens"][1])
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in meter.modules)
