"""The frontier of scores and costs, against enumeration."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

import tangle.core.frontier as module
from tangle.core import Choice, SearchSpace, Term
from tangle.core.frontier import FrontierSearch
from tests.core.cost_cases import (
    all_architectures,
    random_scores,
    random_space,
    random_terms,
    star_space,
)


def brute_force(space, scores, costs, limits):
    """Return all undominated pairs of score and costs within the limits."""
    points = set()
    for arch in all_architectures(space):
        score = sum(scores[name][index] for name, index in arch.items())
        cost = tuple(
            sum(int(t.counts[tuple(arch[n] for n in t.names)]) for t in terms) for terms in costs
        )
        if score > -np.inf and all(
            c <= (limit or c) for c, limit in zip(cost, limits, strict=True)
        ):
            points.add((round(score, 9), *cost))
    return {
        p for p in points
        if not any(q != p and q[0] >= p[0] and all(map(int.__le__, q[1:], p[1:])) for q in points)
    }  # fmt: skip


@pytest.mark.parametrize("num_costs", [1, 2])
@pytest.mark.parametrize("enumerable", [1, 8, 512])
@pytest.mark.parametrize("seed", range(4))
def test_the_frontier_is_that_of_enumeration(seed, enumerable, num_costs, monkeypatch):
    monkeypatch.setattr(module, "_ENUMERABLE", enumerable)
    rng = Random(seed)
    space = random_space(rng)
    scores = random_scores(space, rng)
    scores["c0"][0] = -np.inf if len(scores["c0"]) > 1 else 0.0
    costs = [random_terms(space, rng) for _ in range(num_costs)]
    limits = [120, 130][:num_costs] if seed % 2 else [None] * num_costs
    found = FrontierSearch(scores, costs, limits).frontier()
    points = [(round(s, 9), *c) for s, c in zip(found.scores, found.costs.tolist(), strict=True)]
    assert len(points) == len(set(points))
    assert set(points) == brute_force(space, scores, costs, limits)
    assert points == sorted(points, key=lambda point: -point[0])


@pytest.mark.parametrize("seed", range(3))
def test_choices_that_tie_all_others_together_are_no_obstacle(seed, monkeypatch):
    monkeypatch.setattr(module, "_ENUMERABLE", 4)
    rng = Random(seed)
    space, costs = star_space(rng, layers=3)
    scores = random_scores(space, rng)
    found = FrontierSearch(scores, costs, [90, 90]).frontier()
    points = {(round(s, 9), *c) for s, c in zip(found.scores, found.costs.tolist(), strict=True)}
    assert points == brute_force(space, scores, costs, [90, 90])


def test_picks_have_the_score_and_the_costs_that_are_given_for_them():
    rng = Random(5)
    space, costs = star_space(rng)
    scores = random_scores(space, rng)
    found = FrontierSearch(scores, costs, [200, 200]).frontier()
    assert set(found.names) == set(space)
    for picks, cost, score in zip(found.picks, found.costs, found.scores, strict=True):
        arch = dict(zip(found.names, picks.tolist(), strict=True))
        assert score == pytest.approx(sum(scores[n][i] for n, i in arch.items()))
        for terms, value in zip(costs, cost, strict=True):
            assert value == sum(t.counts[tuple(arch[n] for n in t.names)] for t in terms)


def test_a_long_chain_is_taken_apart_in_the_middle():
    space = SearchSpace(Choice(f"c{i}", (1, 2, 3)) for i in range(60))
    names, rng = list(space), Random(0)
    terms = [
        Term((one, two), np.array([[rng.randint(0, 99) for _ in range(3)] for _ in range(3)]))
        for one, two in itertools.pairwise(names)
    ]
    zeros = {name: [0.0] * 3 for name in names}
    least = int(FrontierSearch(zeros, [terms], [None]).frontier().costs[0, 0])
    reached = np.zeros(3, np.int64)  # the cheapest way to each candidate so far
    for term in terms:
        reached = (reached[:, None] + term.counts).min(0)
    assert least == reached.min()


def test_impossible_limits_leave_nothing():
    scores = {"c": [0.0, 0.0]}
    found = FrontierSearch(scores, [[Term(("c",), np.array([5, 6]))]], [4]).frontier()
    assert len(found.scores) == 0
