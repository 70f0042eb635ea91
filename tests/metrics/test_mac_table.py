"""Multiply-accumulates in closed form equal those of the extracted networks."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics import count_macs, mac_table
from tangle.nn import Supernet
from tangle.spaces import GPT
from tests.cost_nets import NETS
from tests.space_cases import CASES


@pytest.mark.parametrize("name", NETS)
def test_every_architecture_multiplies_as_its_network_does(name: str) -> None:
    build, x = NETS[name]
    supernet = Supernet(build())
    table = mac_table(supernet, x)
    archs = list(supernet.space.enumerate())
    costs = [count_macs(supernet.extract(arch), x) for arch in archs]
    assert [table.at(arch) for arch in archs] == costs
    assert (table.least, table.most) == (min(costs), max(costs))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_spaces_multiply_as_their_networks_do(case) -> None:
    supernet = Supernet(case.build())
    x = case.example(torch.Generator())
    table = mac_table(supernet, x)
    for seed in range(10):
        arch = supernet.space.sample(Random(seed))
        assert table.at(arch) == count_macs(supernet.extract(arch), x)


def test_attention_is_counted() -> None:
    length = 10
    options = {"embed_dim": (8,), "depth": (1,), "mlp_ratio": (2,), "head_dim": 4}
    supernet = Supernet(GPT(30, 12, num_heads=(1, 3), **options))
    table = mac_table(supernet, torch.zeros(1, length, dtype=torch.long))
    few, many = (table.at({**supernet.space.largest(), "num_heads_0": i}) for i in (0, 1))
    projections, attention = 4 * length * 8 * 4, 2 * length * length * 4
    assert many - few == 2 * (projections + attention)


class Interacting(nn.Module):
    """Attends as often as two choices differ, which changing one of them at a time can't tell."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = (
            tnn.Linear(3, Choice(name, (1, 2, 3)), bias=False) for name in ("one", "two")
        )

    def forward(self, x: Tensor) -> Tensor:
        one, two = self.one(x), self.two(x)
        return x @ x.T if {one.shape[1], two.shape[1]} == {2} else x


def test_products_that_are_not_found_out_are_noticed() -> None:
    with pytest.raises(ValueError, match=r"multiply-accumulates, but in closed form it would have"):
        mac_table(Supernet(Interacting()), torch.zeros(4, 3))
