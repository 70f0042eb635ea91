"""The expected cost, against enumeration."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
import torch

from tangle.core import CostTable, Term, one_hot
from tangle.metrics import ExpectedCost, parameter_table
from tangle.nn import Supernet
from tests.core.cost_cases import all_architectures, random_space, random_table, star_space
from tests.cost_nets import NETS


def random_weights(space, seed):
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(len(choice.candidates), generator=generator, dtype=torch.float64)
        .softmax(0)
        .requires_grad_()
        for name, choice in space.items()
    }


def brute_force(table, weights):
    return sum(
        table.at(arch) * math.prod(weights[name][i].item() for name, i in arch.items())
        for arch in all_architectures(table.space)
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_expectation_is_the_mean_over_all_architectures(seed):
    rng = Random(seed)
    table = random_table(random_space(rng), rng)
    weights = random_weights(table.space, seed)
    torch.testing.assert_close(
        ExpectedCost(table)(weights).item(), brute_force(table, weights), rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("name", NETS)
def test_the_expected_parameters_of_a_network_are_their_mean(name):
    table = parameter_table(Supernet(NETS[name][0]()))
    weights = random_weights(table.space, 0)
    torch.testing.assert_close(
        ExpectedCost(table)(weights).item(), brute_force(table, weights), rtol=1e-12, atol=0
    )


def test_at_one_architecture_it_is_its_cost_exactly():
    space, costs = star_space(Random(0))
    table = CostTable(space, costs[0])
    expected = ExpectedCost(table).half()  # as a module in half precision would be
    for seed in range(20):
        arch = space.sample(Random(seed))
        assert expected(one_hot(arch, space)).item() == table.at(arch)


def test_the_gradient_is_right():
    space, costs = star_space(Random(1), layers=2)
    expected = ExpectedCost(CostTable(space, costs[0]))
    weights = random_weights(space, 1)
    assert torch.autograd.gradcheck(
        lambda *values: expected(dict(zip(space, values, strict=True))), list(weights.values())
    )


def test_a_constant_is_its_own_expectation():
    space, _ = star_space(Random(0))
    expected = ExpectedCost(CostTable(space, [Term((), np.array(7))]))
    assert expected(random_weights(space, 0)).item() == 7


def test_layers_of_one_kind_share_an_operation():
    space, costs = star_space(Random(0), layers=6)
    assert len(ExpectedCost(CostTable(space, costs[0]))._shared) == 1


def test_nothing_is_added_to_checkpoints():
    space, costs = star_space(Random(0))
    assert not ExpectedCost(CostTable(space, costs[0])).state_dict()
