"""The number of networks, against enumeration; test_space.py has it of whole spaces."""

from __future__ import annotations

import math

from tangle.core import Choice, Condition, SearchSpace
from tangle.core.cardinality import count_networks


def test_a_width_that_any_of_many_operations_reads_is_counted_at_once() -> None:
    edges = {f"edge_{i}": 5 for i in range(40)}
    reads = [(Condition(name, frozenset({1, 3})),) for name in edges]
    number = count_networks({**edges, "width": 7}, {"width": reads})
    assert number == 3**40 + 7 * (5**40 - 3**40)


def test_small_cases_agree_with_enumeration() -> None:
    """An operation that is there from some depth on, and a width that two operations read."""
    deep = Condition("depth", frozenset({1, 2}))
    uses = {
        "op_1": [(deep,)],
        "width": [(Condition("op_0", frozenset({0})),), (deep, Condition("op_1", frozenset({1})))],
        "kernel": [(Condition("op_0", frozenset({1})), Condition("op_1", frozenset({0, 2})))],
    }
    sizes = {"depth": 3, "op_0": 2, "op_1": 3, "width": 4, "kernel": 2, "free": 2}
    space = SearchSpace((Choice(n, tuple(range(1, 1 + k))) for n, k in sizes.items()), uses)
    assert count_networks(sizes, uses) == sum(1 for _ in space.enumerate())


def test_choices_without_conditions_multiply() -> None:
    assert count_networks({"a": 3, "b": 4}, {}) == math.prod((3, 4))


def test_circles_are_left_to_others() -> None:
    uses = {name: [(Condition(other, frozenset({0})),)] for name, other in ("ab", "ba")}
    assert count_networks({"a": 2, "b": 2}, uses) is None
