"""Limits are kept, and refused at once where nothing can keep them."""

from random import Random

import pytest

from tangle.core import Choice, Condition, SearchSpace
from tangle.selection import Budget

SPACE = SearchSpace([Choice(f"width_{i}", (4, 8, 16)) for i in range(6)])
COSTS = {
    "params": lambda arch: sum(SPACE.describe(arch).values()),
    "macs": lambda arch: 10 * SPACE.describe(arch)["width_0"],
}


@pytest.mark.parametrize("seed", range(20))
def test_a_fitted_architecture_keeps_all_limits_and_is_no_larger_anywhere(seed):
    budget, rng = Budget(SPACE, COSTS, {"params": 40, "macs": 80}), Random(seed)
    arch = SPACE.sample(rng)
    fitted = budget.fit(arch, rng)
    assert budget.allows(fitted)
    assert all(fitted[name] <= arch[name] for name in SPACE)
    if budget.allows(arch):
        assert fitted == arch


def test_without_limits_everything_is_allowed():
    assert Budget(SPACE).allows(SPACE.largest())


@pytest.mark.parametrize("limit", [-1, 0, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(limit):
    with pytest.raises(ValueError, match=r"max_params is .*: it must be above 0"):
        Budget(SPACE, COSTS, {"params": limit})


def test_a_limit_that_nothing_keeps_is_refused_with_the_range():
    message = (
        r"max_params is 23, but the architectures of this search space have from 24 "
        r"\(smallest\) to 96 params \(largest\): give at least 24"
    )
    with pytest.raises(ValueError, match=message):
        Budget(SPACE, COSTS, {"params": 23})


def test_the_cheapest_is_found_where_small_numbers_and_first_words_are_not_it():
    space = SearchSpace([Choice("op", ("conv", "skip", "pool")), Choice("groups", (1, 2, 4))])
    price = {"conv": 90, "skip": 1, "pool": 5}
    cost = {"params": lambda a: price[space.describe(a)["op"]] / space.describe(a)["groups"]}
    budget = Budget(space, cost, {"params": 0.3})
    assert space.describe(budget.cheapest) == {"op": "skip", "groups": 4}
    rng = Random(0)
    assert all(budget.allows(budget.fit(arch, rng)) for arch in space.enumerate())


def test_fitting_goes_through_conditions():
    space = SearchSpace(
        [Choice("depth", (1, 2)), Choice("width_1", (4, 64))],
        {"width_1": [(Condition("depth", frozenset({1})),)]},
    )
    cost = {"params": lambda a: 1 + a["depth"] * space.describe(a)["width_1"]}
    budget = Budget(space, cost, {"params": 5})
    found = {tuple(budget.fit(space.largest(), Random(s)).values()) for s in range(20)}
    assert found == {(0, 0), (1, 0)}


def test_limits_that_only_conflict_are_told_so():
    space = SearchSpace([Choice("op", ("wide", "deep"))])
    costs = {"params": lambda a: (9, 1)[a["op"]], "macs": lambda a: (1_234_567, 7e6)[a["op"]]}
    message = r"max_params is 5, .* none found keeps max_params and max_macs together, so raise one"
    with pytest.raises(ValueError, match=message):
        Budget(space, costs, {"params": 5, "macs": 2e6})


def test_whole_numbers_are_told_whole():
    space = SearchSpace([Choice("width", (1, 2))])
    cost = {"macs": lambda arch: 19_131_264 * (1 + arch["width"])}
    with pytest.raises(ValueError, match=r"to 38,262,528 macs .largest.: give at least 19,131,264"):
        Budget(space, cost, {"macs": 19_131_263})
