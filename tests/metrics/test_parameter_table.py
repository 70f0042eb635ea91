"""Parameters in closed form equal those of the extracted networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest
import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics import count_parameters, parameter_table
from tangle.nn import Supernet
from tangle.nn.elastic import Branch, Elastic, Extraction
from tests.cost_nets import NETS
from tests.space_cases import CASES


@pytest.mark.parametrize("name", NETS)
def test_every_architecture_has_the_parameters_of_its_network(name: str) -> None:
    supernet = Supernet(NETS[name][0]())
    table = parameter_table(supernet)
    archs = list(supernet.space.enumerate())
    costs = [count_parameters(supernet.extract(arch)) for arch in archs]
    assert [table.at(arch) for arch in archs] == costs
    assert (table.least, table.most) == (min(costs), max(costs))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_spaces_have_the_parameters_of_their_networks(case) -> None:
    supernet = Supernet(case.build())
    table = parameter_table(supernet)
    for seed in range(20):
        arch = supernet.space.sample(Random(seed))
        assert table.at(arch) == count_parameters(supernet.extract(arch))


def test_inactive_choices_do_not_matter() -> None:
    supernet = Supernet(NETS["conv"][0]())
    table, rng = parameter_table(supernet), Random(0)
    for _ in range(50):
        arch = {n: rng.randrange(len(c.candidates)) for n, c in supernet.space.items()}
        assert table.at(arch) == table.at(supernet.space.canonical(arch))


def test_a_layer_shared_by_two_versions_counts_as_the_network_has_it() -> None:
    inner = Choice("kernel", (3, 5))
    conv = tnn.Conv2d(2, 2, inner, padding=inner // 2)
    edges = [
        tnn.OneOf(Choice(f"op_{i}", ("a", "b")), {"a": tnn.Group(conv, inner, ("a", "b"))})
        for i in range(2)
    ]
    supernet = Supernet(nn.Sequential(*edges))
    table = parameter_table(supernet)
    costs = [table.at(arch) for arch in supernet.space.enumerate()]
    # Two groups of one module have one kernel as long as both run one version, and always one bias.
    assert costs == [36 + 2, 36 + 100 + 2, 36 + 100 + 2, 100 + 2]


class Odd(Elastic):
    """A module that is extracted to parameters which it does not have itself."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice("odd", (1, 2))
        self.weight = nn.Parameter(torch.zeros(7))

    def own_choices(self) -> Sequence[Choice]:
        return (self.choice,)

    def branches(self) -> Sequence[Branch]:
        return ()

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        return nn.Linear(3, self.choice.at(arch))


def test_a_module_that_can_not_be_described_is_noticed() -> None:
    with pytest.raises(ValueError, match="8 parameters, but in closed form it would have 7"):
        parameter_table(Supernet(Odd()))


def test_building_a_table_leaves_the_supernet_alone() -> None:
    supernet = Supernet(NETS["conv"][0]()).train()
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    parameter_table(supernet)
    assert supernet.training
    assert all(torch.equal(before[n], tensor) for n, tensor in supernet.state_dict().items())
