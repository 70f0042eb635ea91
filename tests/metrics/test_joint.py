"""Tables over joint candidates."""

import pytest

from tangle.core import Choice, SearchSpace
from tangle.metrics.joint import joint_table

SPACE = SearchSpace([Choice("a", (1, 2)), Choice("b", (1, 2, 3))])


def test_a_table_has_a_dimension_for_each_choice() -> None:
    table = joint_table(SPACE, ("b", "a"), lambda arch: 10 * arch["b"] + arch["a"])
    assert table.tolist() == [[0, 1], [10, 11], [20, 21]]


def test_no_choices_give_a_number() -> None:
    assert joint_table(SPACE, (), lambda arch: 7).tolist() == 7


def test_a_table_too_large_to_enumerate_is_refused() -> None:
    space = SearchSpace(Choice(f"c{i}", range(1, 11)) for i in range(7))
    with pytest.raises(ValueError, match=r"c0, c1, .* have 10,000,000 joint candidates: .*share"):
        joint_table(space, list(space), lambda arch: 0)
