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
    length, width, vocabulary = 10, 8, 30
    net = GPT(vocabulary, 12, embed_dim=(width,), depth=(1,), num_heads=(1, 2), mlp_ratio=(2,))
    table = mac_table(Supernet(net), torch.zeros(1, length, dtype=torch.long))
    projections, mlp = 4 * length * width**2, 2 * length * width * 2 * width
    attention, head = 2 * length**2 * width, length * width * vocabulary
    for arch in table.space.enumerate():  # the heads share the width, and so its products
        assert table.at(arch) == projections + mlp + attention + head


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
