"""What is proposed is new and within the budget, whatever the sampler says."""

import optuna
import pytest

from tangle.core import Choice, Condition, SearchSpace
from tangle.selection import SAMPLERS, Budget, sampler_maker
from tangle.selection.parameters import distributions
from tangle.selection.proposals import Proposals

DEEP = SearchSpace(
    [Choice("depth", (1, 2)), Choice("c1", (1, 2, 3)), Choice("op", ("a", "b"))],
    {"c1": [(Condition("depth", frozenset({1})),)]},
)
WIDE = SearchSpace([Choice(f"c{i}", (1, 2, 4, 8)) for i in range(12)])
COST = {"params": lambda arch: sum(WIDE.describe(arch).values())}


def study_of(space, name, budget=None):
    make = sampler_maker(name, space)
    return optuna.create_study(sampler=Proposals(make, space, budget or Budget(space)))


def run(study, space, count):
    found = []
    for _ in range(count):
        trial = study.ask(distributions(space))
        found.append(space.parse(trial.params))
        study.tell(trial, float(sum(found[-1].values())))
    return found


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_space_is_gone_through_without_a_network_twice_and_then_exhausted(name):
    study = study_of(DEEP, name)
    found = run(study, DEEP, DEEP.cardinality)
    assert DEEP.cardinality == 8
    assert all(arch == DEEP.canonical(arch) for arch in found)
    assert len({tuple(arch.values()) for arch in found}) == 8
    with pytest.raises(LookupError, match="All 8 architectures within the budget are evaluated"):
        study.ask(distributions(DEEP))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_tight_budget_is_kept(name):
    # 12 to 96; about one in 10^6 random architectures has no more than 16.
    budget = Budget(WIDE, COST, {"params": 16})
    found = run(study_of(WIDE, name, budget), WIDE, 25)
    assert all(budget.allows(arch) for arch in found)
    assert len({tuple(arch.values()) for arch in found}) == 25


def test_a_large_space_with_few_feasible_architectures_ends():
    budget = Budget(WIDE, COST, {"params": 13})  # the smallest, and one step from it
    study = study_of(WIDE, "random", budget)
    assert len(run(study, WIDE, 13)) == 13
    with pytest.raises(LookupError, match="No further architecture within the budget was found"):
        study.ask(distributions(WIDE))


def test_an_architecture_that_another_process_evaluates_is_not_proposed():
    study = study_of(DEEP, "random")
    running = [study.ask(distributions(DEEP)) for _ in range(8)]
    assert len({tuple(trial.params.values()) for trial in running}) == 8


def test_a_parameter_that_is_no_choice_is_refused():
    with pytest.raises(ValueError, match="'lr' is no choice"):
        study_of(DEEP, "random").ask().suggest_float("lr", 0, 1)
