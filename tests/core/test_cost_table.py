"""Costs as sums of tables."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from tangle.core import Choice, CostTable, SearchSpace, Term
from tests.core.cost_cases import all_architectures, random_space, random_terms

SPACE = SearchSpace([Choice("width", (1, 2)), Choice("ratio", (1, 2, 3))])


def plain_sum(terms: list[Term], arch: dict[str, int]) -> int:
    return sum(int(term.counts[tuple(arch[name] for name in term.names)]) for term in terms)


@pytest.mark.parametrize("seed", range(8))
def test_a_cost_is_the_sum_of_its_terms(seed: int) -> None:
    rng = Random(seed)
    space = random_space(rng)
    terms = random_terms(space, rng)
    table = CostTable(space, terms)
    costs = [table.at(arch) for arch in all_architectures(space)]
    assert costs == [plain_sum(terms, arch) for arch in all_architectures(space)]
    assert (table.least, table.most) == (min(costs), max(costs))


def test_terms_of_a_part_of_the_choices_are_merged() -> None:
    terms = [
        Term(("ratio", "width"), np.arange(6).reshape(3, 2)),
        Term(("width",), np.array([10, 20])),
        Term((), np.array(100)),
    ]
    (merged,) = CostTable(SPACE, terms).terms
    assert set(merged.names) == {"width", "ratio"}
    assert int(merged.counts.sum()) == 15 + 3 * 30 + 600


def test_the_given_tables_are_left_alone() -> None:
    counts = np.array([10, 20])
    CostTable(SPACE, [Term(("width",), counts), Term(("width",), np.array([1, 1]))])
    assert counts.tolist() == [10, 20]


def test_costs_beyond_32_bits_are_exact() -> None:
    large = 2**53 + 1
    table = CostTable(SPACE, [Term(("width",), np.array([large, 0]))])
    assert table.at({"width": 0, "ratio": 0}) == large == table.most


def test_a_space_without_terms_costs_nothing() -> None:
    table = CostTable(SPACE, [])
    assert table.at(SPACE.largest()) == table.least == table.most == 0


def test_a_constant_is_a_cost() -> None:
    table = CostTable(SPACE, [Term((), np.array(3)), Term((), np.array(4))])
    assert table.at(SPACE.largest()) == table.least == table.most == 7


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (Term(("depth",), np.array([1])), "over 'depth', but the space has the choices width, r"),
        (Term(("width",), np.array([1, 2, 3])), r"has a table of shape \(3,\), but .* \(2,\)"),
        (Term(("width",), np.array([1, -2])), "is negative: a cost is at least 0"),
    ],
)
def test_a_term_that_does_not_fit_is_refused(term: Term, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CostTable(SPACE, [term])
