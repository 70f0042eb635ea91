"""The best architecture within limits, against enumeration."""

from __future__ import annotations

import math
import time
from random import Random

import numpy as np
import pytest

from tangle.core import Choice, Condition, CostTable, Limit, SearchSpace, Term, best_within
from tests.core.cost_cases import (
    all_architectures,
    random_scores,
    random_space,
    random_table,
    star_space,
)


def total(scores, arch):
    return sum(scores[name][index] for name, index in arch.items())


@pytest.mark.parametrize("seed", range(12))
def test_the_best_architecture_is_that_of_enumeration(seed):
    rng = Random(seed)
    space = random_space(rng, 7)
    scores, tables = random_scores(space, rng), [random_table(space, rng) for _ in range(2)]
    for used in (tables[:1], tables):
        archs = sorted(all_architectures(space), key=lambda arch: -total(scores, arch))
        middle = archs[len(archs) * (seed + 1) // 14]
        limits = [Limit(f"max_{i}", table, table.at(middle)) for i, table in enumerate(used)]
        best = best_within(scores, limits)
        within = [a for a in archs if all(m.table.at(a) <= m.maximum for m in limits)]
        assert all(limit.table.at(best) <= limit.maximum for limit in limits)
        assert total(scores, best) == pytest.approx(total(scores, within[0]))


def conditional():
    """A depth of one or two blocks, the second of which has a width."""
    width = Choice("width", (1, 2, 3))
    space = SearchSpace(
        [Choice("depth", (1, 2)), width],
        {"width": [(Condition("depth", frozenset({1})),)]},
    )
    return space, CostTable(space, [Term(("depth", "width"), np.array([[0, 0, 0], [1, 2, 3]]))])


def test_an_inactive_choice_counts_with_its_best_score():
    _, table = conditional()
    scores = {"depth": [math.log(0.45), math.log(0.55)], "width": [-1.0, -9.0, -0.1]}
    # The deep network with the wanted width is too dear. The others lose on either choice.
    assert best_within(scores, [Limit("max", table, 2)]) == {"depth": 0, "width": 0}
    scores["depth"] = [-5.0, -0.1]
    assert best_within(scores, [Limit("max", table, 2)]) == {"depth": 1, "width": 0}


def test_limits_that_do_not_bind_change_nothing():
    space, table = conditional()
    for seed in range(20):
        scores = random_scores(space, Random(seed))
        strongest = {name: int(np.argmax(values)) for name, values in scores.items()}
        best = best_within(scores, [Limit("max", table, table.most)])
        assert best == space.canonical(strongest)


def test_a_space_of_forty_choices_takes_no_time():
    rng = Random(0)
    space, costs = star_space(rng, layers=19)
    tables = [CostTable(space, terms) for terms in costs]
    limits = [Limit("max", t, (t.least + t.most) // 2) for t in tables]
    assert len(space) == 40
    start = time.process_time()  # which a loaded machine gives later, and not more of
    best_within(random_scores(space, rng), limits)
    assert time.process_time() - start < 10


def test_a_limit_outside_of_the_range_is_refused_with_the_range():
    _, table = conditional()
    for maximum in (-1, 4):
        with pytest.raises(ValueError, match=rf"max_params is {maximum}, but .* from 0 to 3: cho"):
            Limit("max_params", table, maximum)


def test_limits_that_exclude_each_other_are_refused():
    space = SearchSpace([Choice("width", (1, 2))])
    tables = [CostTable(space, [Term(("width",), np.array(c))]) for c in ([1, 2], [2, 1])]
    limits = [Limit(name, table, 1) for name, table in zip("ab", tables, strict=True)]
    with pytest.raises(ValueError, match="No architecture keeps within a=1 and b=1 together"):
        best_within({"width": [0.0, 0.0]}, limits)
