"""Counts agree with what can be counted by hand."""

import torch
from torch import nn

from tangle.metrics import count_macs, count_parameters
from tangle.nn import Supernet
from tests.planted import PlantedNet


def test_shared_parameters_count_once() -> None:
    net = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    net[1].weight = net[0].weight
    assert count_parameters(net) == 9


def test_a_convolution_multiplies_its_kernel_at_every_position() -> None:
    net = nn.Conv2d(2, 5, 3, padding=1)
    assert count_macs(net, torch.zeros(4, 2, 8, 8)) == 4 * 5 * 2 * 9 * 64


def test_counts_are_of_the_extracted_size() -> None:
    supernet = Supernet(PlantedNet())
    for arch, width in ((supernet.space.smallest(), 1), (supernet.space.largest(), 8)):
        net = supernet.extract(arch)
        assert count_parameters(net) == 4 * width + width + 4 * width + 4
        assert count_macs(net, torch.zeros(1, 4)) == 2 * 4 * width


def test_the_network_is_left_as_it_was() -> None:
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3)).train()
    net[1].eval()
    count_macs(net, torch.randn(4, 3))
    assert [module.training for module in net] == [True, False]
    assert net[0].num_batches_tracked == 0
    assert net[1].weight.grad is None


def test_attention_counts_as_its_two_products() -> None:
    class Attention(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)

    assert count_macs(Attention(), torch.zeros(2, 3, 5, 4)) == 2 * 3 * 2 * 5 * 5 * 4
