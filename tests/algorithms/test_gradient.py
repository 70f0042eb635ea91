from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from tangle.algorithms import DARTS, GAEA, GDAS, SNAS, DrNAS, GradientAlgorithm
from tangle.core import Choice, Condition, CostTable, Limit, SearchSpace, Term

SPACE = SearchSpace(
    [Choice("depth", (1, 2)), Choice("width", (8, 16, 32))],
    {"width": [(Condition("depth", frozenset({1})),)]},
)

ALGORITHMS: dict[str, Callable[..., GradientAlgorithm]] = {
    "DARTS": DARTS,
    "DARTS-sparsemax": partial(DARTS, projection="sparsemax"),
    "DrNAS": DrNAS,
    "GDAS": GDAS,
    "SNAS": SNAS,
    "GAEA": GAEA,
}
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)


class Shares(GradientAlgorithm):
    def weigh(self, alpha: Tensor) -> Tensor:
        return alpha.exp() / alpha.exp().sum()


def set_alphas(algorithm: GradientAlgorithm, **values: list[float]) -> None:
    with torch.no_grad():
        for name, alpha in algorithm.arch_parameters.items():
            alpha.copy_(torch.tensor(values[name]))


def test_algorithm_needs_a_way_to_weigh() -> None:
    with pytest.raises(TypeError, match=r"abstract method '?weigh"):
        GradientAlgorithm(SPACE)  # type: ignore[abstract]


def test_sample_weighs_the_alphas_of_each_choice() -> None:
    algorithm = Shares(SPACE)
    set_alphas(algorithm, depth=[0.0, 1.0], width=[1.0, 2.0, 3.0])
    (relaxation,) = algorithm.sample()
    assert list(relaxation) == ["depth", "width"]
    torch.testing.assert_close(relaxation["depth"], torch.tensor([0.0, 1.0]).softmax(0))
    torch.testing.assert_close(relaxation["width"], torch.tensor([1.0, 2.0, 3.0]).softmax(0))


@every_algorithm
def test_every_alpha_receives_a_gradient(algorithm: Callable[..., GradientAlgorithm]) -> None:
    search = algorithm(SPACE)
    (relaxation,) = search.draw(0)
    sum((weights**2).sum() for weights in relaxation.values()).backward()
    for alpha in search.parameters():
        assert alpha.grad is not None
        assert alpha.grad.abs().max() > 0


def test_incumbent_takes_the_largest_alphas_in_canonical_form() -> None:
    algorithm = Shares(SPACE)
    set_alphas(algorithm, depth=[0.0, 1.0], width=[1.0, 2.0, 3.0])
    assert algorithm.incumbents() == {"best": {"depth": 1, "width": 2}}
    set_alphas(algorithm, depth=[1.0, 0.0], width=[1.0, 2.0, 3.0])
    assert algorithm.incumbents() == {"best": {"depth": 0, "width": 0}}


@pytest.mark.parametrize("seed", range(5))
@every_algorithm
def test_descent_finds_the_candidate_that_costs_least(
    algorithm: Callable[..., GradientAlgorithm], seed: int
) -> None:
    """The expected cost is linear in the weights, so the best vertex is the global optimum."""
    costs = {"depth": torch.tensor([1.0, 0.8]), "width": torch.tensor([1.0, 0.7, 0.9])}
    search = algorithm(SPACE, seed=seed)
    optimizer = torch.optim.Adam(search.parameters(), lr=0.03, betas=(0.5, 0.999))
    for step in range(150):
        (relaxation,) = search.draw(step, "arch")
        search.anneal(step / 149)
        optimizer.zero_grad()
        sum(relaxation[name] @ cost for name, cost in costs.items()).backward()
        optimizer.step()
    assert search.incumbents()["best"] == {"depth": 1, "width": 1}


@every_algorithm
def test_closed_candidates_get_no_weight_and_the_others_share_it(
    algorithm: Callable[..., GradientAlgorithm],
) -> None:
    search = algorithm(SearchSpace([Choice("width", (1, 2, 3))]))
    search.restrict("width", [0, 2])
    (alpha,) = search.parameters()
    for step in range(20):
        search.anneal(step / 19)
        (relaxation,) = search.draw(step)
        weights = relaxation["width"]
        assert weights[1] == 0
        torch.testing.assert_close(weights.sum(), torch.tensor(1.0))
        (weights @ torch.tensor([1.0, 2.0, 3.0])).backward()
        assert alpha.grad is not None
        assert alpha.grad[1] == 0
    assert (alpha.grad[[0, 2]] != 0).all()


@every_algorithm
def test_the_last_open_candidate_has_all_the_weight_and_a_gradient_of_zero(
    algorithm: Callable[..., GradientAlgorithm],
) -> None:
    search = algorithm(SearchSpace([Choice("width", (1, 2, 3)), Choice("single", (1,))]))
    search.restrict("width", [1])
    (relaxation,) = search.draw(0)
    assert relaxation["width"].tolist() == [0, 1, 0]
    assert relaxation["single"].tolist() == [1]
    sum((weights * 3).sum() for weights in relaxation.values()).backward()
    alpha, _ = search.parameters()
    assert alpha.grad is not None
    assert alpha.grad.tolist() == [0, 0, 0]


def test_pruning_keeps_the_candidates_of_the_largest_alphas() -> None:
    space = SearchSpace([Choice("width", (1, 2, 3, 4))])
    algorithm = DARTS(space)
    (alpha,) = algorithm.parameters()
    alpha.data = torch.tensor([0.1, 0.4, 0.2, 0.3])
    algorithm.prune(2)
    assert algorithm.open == {"width": (1, 3)}
    alpha.data = torch.tensor([9.0, 0.4, 0.2, 0.5])
    assert algorithm.incumbents() == {"best": {"width": 3}}
    algorithm.prune(1)
    assert algorithm.open == {"width": (3,)}


def limited(maximum: int) -> Shares:
    """A search in which a width costs itself, if it is there."""
    algorithm = Shares(SPACE)
    set_alphas(algorithm, depth=[0.0, 1.0], width=[0.0, 1.0, 2.0])
    table = CostTable(SPACE, [Term(("depth", "width"), np.array([[0, 0, 0], [8, 16, 32]]))])
    algorithm.keep_within([Limit("max_params", table, maximum)])
    return algorithm


def test_the_best_architecture_is_the_likeliest_within_limits() -> None:
    assert limited(32).incumbents() == {"best": {"depth": 1, "width": 2}}
    # One step down in either choice is as unlikely, two in the width are more so.
    algorithm = limited(16)
    set_alphas(algorithm, depth=[0.0, 1.5], width=[0.0, 1.0, 2.0])
    assert algorithm.incumbents() == {"best": {"depth": 1, "width": 1}}
    set_alphas(algorithm, depth=[0.0, 0.5], width=[0.0, 1.0, 2.0])
    assert algorithm.incumbents() == {"best": {"depth": 0, "width": 0}}


def test_a_closed_candidate_is_taken_only_where_a_limit_leaves_no_other() -> None:
    algorithm = limited(16)
    algorithm.restrict("depth", [1])
    assert algorithm.incumbents() == {"best": {"depth": 1, "width": 1}}
    algorithm.restrict("width", [2])
    best = algorithm.incumbents()["best"]
    assert best in ({"depth": 1, "width": 1}, {"depth": 0, "width": 0})


def test_alphas_that_are_no_numbers_leave_the_limit_kept() -> None:
    algorithm = limited(16)
    set_alphas(algorithm, depth=[0.0, float("nan")], width=[float("inf"), 0.0, 0.0])
    assert algorithm.incumbents()["best"] in ({"depth": 0, "width": 0}, {"depth": 1, "width": 0})


def test_averaged_alphas_decide_once_some_were_counted_in() -> None:
    algorithm = Shares(SPACE)
    algorithm.update_average()  # of which none is kept
    algorithm.keep_average()
    set_alphas(algorithm, depth=[0.0, 2.0], width=[0.0, 0.0, 3.0])
    assert algorithm.incumbents() == {"best": {"depth": 1, "width": 2}}
    for width in ([0.0, 5.0, 3.0], [2.0, 0.0, 0.0]):
        set_alphas(algorithm, depth=[0.0, 2.0], width=width)
        algorithm.update_average()
    assert algorithm.incumbents() == {"best": {"depth": 1, "width": 1}}
    algorithm.prune(2)
    assert algorithm.open["width"] == (1, 2)
    table = CostTable(SPACE, [Term(("depth", "width"), np.array([[0, 0, 0], [8, 32, 16]]))])
    algorithm.keep_within([Limit("max_cost", table, 16)])
    assert algorithm.incumbents() == {"best": {"depth": 1, "width": 2}}
    assert {id(p) for p in algorithm.parameters()} == {
        id(p) for p in algorithm.arch_parameters.parameters()
    }
