from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest

from tangle.selection import decision_order, decisions_left, most_missed

OPEN = {"first": (0, 1, 2), "second": (0, 1)}


def test_the_order_is_random_and_a_function_of_the_seed() -> None:
    names = [f"choice_{i}" for i in range(20)]
    orders = [decision_order(names, seed) for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(names) != orders[0]


def test_the_candidate_whose_loss_hurts_most_is_kept() -> None:
    value = {0: 0.1, 1: 0.5, 2: 0.3}
    asked = []

    def score(candidates: Mapping[str, Sequence[int]]) -> float:
        asked.append(candidates)
        return sum(value[index] for index in candidates["first"])

    assert most_missed("first", OPEN, score) == 1
    assert asked == [{**OPEN, "first": others} for others in ([1, 2], [0, 2], [0, 1])]


def test_a_candidate_that_matters_only_in_company_is_found() -> None:
    """A pair that is worth more than any other: neither is missed where the other is absent."""

    def score(candidates: Mapping[str, Sequence[int]]) -> float:
        return float(2 in candidates["first"] and 1 in candidates["second"])

    chosen = dict(OPEN)
    for name in decision_order(OPEN, seed=3):
        chosen[name] = (most_missed(name, chosen, score),)
    assert chosen == {"first": (2,), "second": (1,)}


def test_of_equals_the_first_is_kept_and_closed_candidates_are_no_option() -> None:
    assert most_missed("first", OPEN, lambda _: 0.0) == 0
    assert most_missed("first", OPEN | {"first": (1, 2)}, lambda _: 0.0) == 1


def test_a_single_candidate_is_kept_without_a_question() -> None:
    def refuse(_: object) -> float:
        raise AssertionError

    assert most_missed("first", {"first": (2,)}, refuse) == 2


@pytest.mark.parametrize(("tune_epochs", "expected"), [(0, [5, 5, 5, 5, 0]), (1, [4, 3, 2, 1, 0]),
                                                       (2, [2, 2, 1, 1, 0])])  # fmt: skip
def test_decisions_are_spread_such_that_the_last_epoch_sees_the_last(
    tune_epochs: int, expected: list[int]
) -> None:
    waiting = [min(5, decisions_left(left, tune_epochs)) for left in (4, 3, 2, 1, 0)]
    assert waiting == expected
    assert decisions_left(1, 0) == math.inf
