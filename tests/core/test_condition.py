from tangle.core import Condition
from tangle.core.condition import is_active


def test_condition_holds_at_its_indices_only() -> None:
    deep = Condition("depth", frozenset({1, 2}))
    assert [deep.holds({"depth": i}) for i in range(3)] == [False, True, True]


def test_choice_is_active_where_all_conditions_of_one_place_hold() -> None:
    deep, conv = Condition("depth", frozenset({1})), Condition("operation", frozenset({0}))
    both, either = [(deep, conv)], [(deep,), (conv,)]
    for depth in range(2):
        for operation in range(2):
            arch = {"depth": depth, "operation": operation}
            assert is_active(both, arch) == (depth == 1 and operation == 0)
            assert is_active(either, arch) == (depth == 1 or operation == 0)


def test_place_without_conditions_is_always_reached() -> None:
    assert is_active([()], {})
    assert not is_active([], {})
