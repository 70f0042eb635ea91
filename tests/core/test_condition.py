from tangle.core import Condition
from tangle.core.condition import is_reached


def test_condition_holds_at_its_indices_only() -> None:
    deep = Condition("depth", frozenset({1, 2}))
    assert [deep.holds({"depth": i}) for i in range(3)] == [False, True, True]


def test_place_is_reached_where_all_its_conditions_hold() -> None:
    deep, conv = Condition("depth", frozenset({1})), Condition("operation", frozenset({0}))
    both, either = [(deep, conv)], [(deep,), (conv,)]
    for depth in range(2):
        for operation in range(2):
            arch = {"depth": depth, "operation": operation}
            assert is_reached(both, arch, arch.keys()) == (depth == 1 and operation == 0)
            assert is_reached(either, arch, arch.keys()) == (depth == 1 or operation == 0)


def test_condition_on_an_inactive_choice_does_not_hold() -> None:
    deep = Condition("depth", frozenset({1}))
    assert is_reached([(deep,)], {"depth": 1}, {"depth"})
    assert not is_reached([(deep,)], {"depth": 1}, set())


def test_place_without_conditions_is_always_reached() -> None:
    assert is_reached([()], {}, set())
    assert not is_reached([], {}, set())
