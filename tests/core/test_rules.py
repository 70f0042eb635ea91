"""Which choices rules can be about."""

import pytest

from tangle.core import Choice, Condition, SearchSpace, Strongest

A, B, C = (Choice(name, ("none", "skip")) for name in "abc")


@pytest.mark.parametrize(
    ("choices", "rules", "uses", "problem"),
    [
        ([A], [Strongest((A, B), "none", 1)], {}, "'b', which is no choice of the search space"),
        ([A, B, C], [Strongest((A, B), "none", 1), Strongest((B, C), "none", 1)], {},
         "'b', which is in another rule too"),
        ([A, B, C], [Strongest((A, B), "none", 1)], {"b": [(Condition("c", frozenset({1})),)]},
         "'b', which depends on other choices, or they on it"),
        ([A, B, C], [Strongest((A, B), "none", 1)], {"c": [(Condition("a", frozenset({1})),)]},
         "'a', which depends on other choices, or they on it"),
    ],
)  # fmt: skip
def test_a_rule_is_about_choices_of_its_own_that_are_always_active(choices, rules, uses, problem):
    with pytest.raises(ValueError, match=problem):
        SearchSpace(choices, uses, rules)


def test_rules_side_by_side_decide_their_own_choices():
    d = Choice("d", ("skip", "none"))
    rules = [Strongest((A, B), "none", 1), Strongest((C, d), "none", 1)]
    space = SearchSpace([A, B, C, d], rules=rules)
    assert space.cardinality == len(list(space.enumerate())) == 4
    strengths = {"a": [0.4, 0.6], "b": [0.3, 0.7], "c": [0.9, 0.1], "d": [0.05, 0.95]}
    assert space.decide(strengths) == {"a": 0, "b": 1, "c": 1, "d": 1}
