"""A rule of a user's own."""

from itertools import product
from random import Random

from tangle.core import Choice, Rule, SearchSpace

A, B = Choice("a", (1, 2, 3)), Choice("b", (1, 2, 3))


class NotAbove(Rule):
    """The first choice's index is at most the second's."""

    choices = (A, B)
    cardinality = 6

    def decide(self, strengths):
        pairs = [(i, j) for i, j in product(range(3), repeat=2) if i <= j]
        i, j = max(pairs, key=lambda pair: strengths["a"][pair[0]] + strengths["b"][pair[1]])
        return {"a": i, "b": j}

    def sample(self, rng, among):
        i, j = sorted((rng.choice(among["a"]), rng.choice(among["b"])))
        return {"a": i, "b": j}

    def describe(self):
        return ["not above"]


def test_a_space_follows_a_rule_of_ones_own():
    space = SearchSpace([A, B], rules=[NotAbove()])
    assert [tuple(arch.values()) for arch in space.enumerate()] == [
        (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2),
    ]  # fmt: skip
    assert space.cardinality == 6
    assert space.canonical({"a": 2, "b": 2}) == {"a": 2, "b": 2}
    assert NotAbove().admits(space.canonical({"a": 2, "b": 0}))
    assert all(NotAbove().admits(space.sample(Random(seed))) for seed in range(20))
    assert space.decide({"a": [0, 0, 5], "b": [2, 1, 0]}) == {"a": 2, "b": 2}
