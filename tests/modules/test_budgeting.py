"""A search keeps to its budget."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tangle.algorithms import DARTS, SPOS, DrNAS
from tangle.callbacks import Anytime, Discretize
from tangle.core import load_architecture, one_hot
from tangle.core.table import read_table
from tangle.metrics import count_macs, count_parameters
from tangle.modules import Budget, SearchModule
from tangle.modules.budgeting import Budgeting, first_input
from tangle.nn import Supernet
from tests.planted import PlantedData, PlantedNet, make_search, make_trainer, snapshot

NARROW, WIDE = 13, 76  # parameters: 9 for each hidden unit, and a bias for each class


def keeper(budget: Budget, algorithm: Any = DARTS) -> Budgeting:
    supernet = Supernet(PlantedNet())
    return Budgeting(budget, supernet, algorithm(supernet.space))


def prefer(module: SearchModule, index: int) -> None:
    with torch.no_grad():
        for alpha in module.algorithm.parameters():
            alpha.zero_()[index] = 9.0


def test_without_a_budget_nothing_is_limited() -> None:
    module = make_search(DARTS)
    prefer(module, 1)
    assert module.algorithm.incumbents() == {"best": {"width": 1}}


@pytest.mark.parametrize("option", [{"max_params": WIDE - 1}, {"max_macs": 63}])
def test_all_that_a_search_writes_is_within_its_budget(
    option: dict[str, int], tmp_path: Path
) -> None:
    module = make_search(DARTS, budget=Budget(**option))
    prefer(module, 1)
    callbacks = [Anytime(), Discretize()]
    trainer = make_trainer(tmp_path, epochs=2, callbacks=callbacks)
    trainer.fit(module, PlantedData())
    assert module.algorithm.arch_parameters.alphas[0].argmax() == 1
    best = load_architecture(tmp_path / "architecture.yaml", module.supernet.space)
    net = module.supernet.extract(best)
    assert count_parameters(net) == NARROW
    assert count_macs(net, torch.zeros(1, 4)) == 8
    assert {row["parameters"] for row in read_table(tmp_path / "anytime.csv")} == {str(NARROW)}
    assert yaml.safe_load((tmp_path / "subnet" / "architecture.yaml").read_text())


def test_limits_that_do_not_bind_change_nothing() -> None:
    states = []
    for budget in (None, Budget(max_params=WIDE, max_macs=64)):
        module = make_search(DrNAS, budget=budget)
        make_trainer(epochs=2).fit(module, PlantedData())
        states.append(snapshot(module) | {"random": torch.get_rng_state()})
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_multiply_accumulates_are_counted_without_a_data_module() -> None:
    module = make_search(DARTS, budget=Budget(max_macs=63))
    prefer(module, 1)
    data = PlantedData()
    make_trainer().fit(module, data.train_dataloader(), data.val_dataloader())
    assert module.algorithm.incumbents()["best"] == {"width": 0}


def test_the_test_of_a_search_is_within_the_budget() -> None:
    module = make_search(DARTS, budget=Budget(max_macs=63))
    prefer(module, 1)
    make_trainer().test(module, PlantedData(), verbose=False)
    assert module.algorithm.incumbents()["best"] == {"width": 0}


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (Budget(max_params=NARROW - 1), f"budget.max_params is 12, .* from {NARROW} to {WIDE}: "),
        (Budget(max_params=WIDE + 1), f"budget.max_params is 77, .* from {NARROW} to {WIDE}: "),
    ],
)
def test_parameters_outside_of_the_range_are_refused(budget: Budget, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_search(DARTS, budget=budget)


def test_multiply_accumulates_outside_of_the_range_are_refused_before_training() -> None:
    module = make_search(DARTS, budget=Budget(max_macs=7))
    with pytest.raises(ValueError, match=r"budget.max_macs is 7, .* from 8 to 64: choose"):
        make_trainer().fit(module, PlantedData())
    assert module.search_step == 0


def test_limits_at_the_ends_of_the_range_are_fine() -> None:
    for limit in (NARROW, WIDE):
        keeper(Budget(max_params=limit))


def test_algorithms_without_alphas_are_refused() -> None:
    with pytest.raises(ValueError, match=r"SPOS names no best architecture .* budget.max_params"):
        keeper(Budget(max_params=20), SPOS)
    with pytest.raises(ValueError, match=r"penalty is 2.0, but the algorithm SPOS has no arch"):
        keeper(Budget(max_params=20, penalty=2.0), SPOS)


def test_the_penalty_is_the_logarithm_of_the_excess_of_the_expected_cost() -> None:
    budgeting = keeper(Budget(max_params=20, penalty=0.5))
    for wide in (0.0, 0.05, 0.4, 1.0):
        penalty = budgeting({"width": torch.tensor([1 - wide, wide])})
        expected = NARROW + wide * (WIDE - NARROW)
        assert float(penalty) == pytest.approx(0.5 * max(0.0, math.log(expected / 20)), rel=1e-6)
        assert penalty.dtype == torch.float32


def test_penalties_of_both_costs_add_up() -> None:
    supernet = Supernet(PlantedNet())
    algorithm = DARTS(supernet.space)
    budgeting = Budgeting(Budget(max_params=20, max_macs=16, penalty=1.0), supernet, algorithm)
    budgeting.measure(supernet, algorithm, [torch.zeros(7, 4)])
    penalty = budgeting(one_hot({"width": 1}, supernet.space))
    assert float(penalty) == pytest.approx(math.log(WIDE / 20) + math.log(64 / 16))


def test_a_penalty_that_is_not_strict_leaves_incumbents_alone() -> None:
    module = make_search(DARTS, budget=Budget(max_params=20, penalty=1.0, strict=False))
    prefer(module, 1)
    assert module.algorithm.incumbents()["best"] == {"width": 1}


@pytest.mark.parametrize("algorithm", [DARTS, DrNAS])
def test_a_penalty_steers_the_search_to_cheaper_networks(algorithm: Any) -> None:
    found = []
    for budget in (None, Budget(max_params=20, penalty=20.0, strict=False)):
        optimizer = partial(torch.optim.Adam, lr=0.1)
        module = make_search(algorithm, arch_optimizer=optimizer, budget=budget)
        make_trainer(epochs=5).fit(module, PlantedData())
        found.append(module.algorithm.incumbents()["best"]["width"])
    assert found == [1, 0]


def test_a_budget_adds_nothing_to_a_checkpoint() -> None:
    plain, limited = make_search(DARTS), make_search(DARTS, budget=Budget(max_params=20))
    assert limited.state_dict().keys() == plain.state_dict().keys()


def test_the_first_input_of_a_batch_is_a_batch_of_one() -> None:
    x = torch.arange(6.0).view(3, 2)
    found = first_input({"a": x, "b": (x, [x, 5])})
    torch.testing.assert_close(found, {"a": x[:1], "b": (x[:1], [x[:1], 5])})


def test_inputs_are_taken_only_where_they_are_needed() -> None:
    def never():
        raise AssertionError("a batch was taken")
        yield

    supernet = Supernet(PlantedNet())
    algorithm = DARTS(supernet.space)
    Budgeting(Budget(max_params=20), supernet, algorithm).measure(supernet, algorithm, never())
