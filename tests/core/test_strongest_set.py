"""The rule of the strongest set, against trying every combination."""

import math
from collections import Counter
from itertools import product
from random import Random

import pytest

from tangle.core import Choice, SearchSpace, Strongest, StrongestSet

EDGES = tuple(
    Choice(name, candidates)
    for name, candidates in (
        ("a", ("none", "skip", "conv")), ("b", ("skip", "none")), ("c", ("pool", "none", "conv")),
    )
)  # fmt: skip
SETS = ((0, 1), (0, 2), (1, 2))
KEPT = Choice("kept", ("0+1", "0+2", "1+2"))
RULE = StrongestSet(EDGES, "none", KEPT, SETS)
SPACE = SearchSpace([*EDGES, KEPT, Choice("width", (1, 2))], rules=[RULE, RULE])


def is_admitted(arch):
    on = tuple(i for i, e in enumerate(EDGES) if e.candidates[arch[e.name]] != "none")
    return on == SETS[arch["kept"]]


def random_strengths(rng):
    return {c.name: [math.log(rng.random() + 1e-9) for _ in c.candidates] for c in (*EDGES, KEPT)}


def test_decision_is_the_most_probable_admitted_combination():
    """The probability of a set is its own, times that of the operations of its edges."""
    rng = Random(0)
    choices = (*EDGES, KEPT)
    for _ in range(100):
        strengths = random_strengths(rng)
        everything = (
            dict(zip([c.name for c in choices], indices, strict=True))
            for indices in product(*(range(len(c.candidates)) for c in choices))
        )

        def score(arch, strengths=strengths):
            on = [EDGES[i].name for i in SETS[arch["kept"]]]
            return strengths["kept"][arch["kept"]] + sum(strengths[n][arch[n]] for n in on)

        best = max((arch for arch in everything if is_admitted(arch)), key=score)
        assert RULE.decide(strengths) == best


def test_with_equal_weights_of_sets_it_is_the_rule_of_the_strongest():
    rng, plain = Random(1), Strongest(EDGES, "none", 2)
    for _ in range(100):
        strengths = random_strengths(rng) | {"kept": [0.0, 0.0, 0.0]}
        decided = RULE.decide(strengths)
        assert {n: i for n, i in decided.items() if n != "kept"} == plain.decide(strengths)


def test_a_strong_set_wins_over_strong_operations():
    strengths = {"a": [-3, -0.1, -3.0], "b": [-0.1, -3], "c": [-3, -3, -4]}
    assert RULE.decide({**strengths, "kept": [0.0, 0.0, 0.0]})["kept"] == 0
    assert RULE.decide({**strengths, "kept": [-9.0, -9.0, 0.0]}) == {
        "a": 0, "b": 0, "c": 0, "kept": 2,
    }  # fmt: skip


def test_closed_candidates_are_the_last_to_be_kept():
    closed = -math.inf
    strengths = {"a": [0.0, closed, closed], "b": [-2.0, -1.0], "c": [-3.0, -1.0, closed],
                 "kept": [-1.0, -1.0, -1.0]}  # fmt: skip
    assert RULE.decide(strengths) == {"a": 0, "b": 0, "c": 0, "kept": 2}


def test_enumeration_and_cardinality_are_those_of_the_admitted():
    found = list(SPACE.enumerate())
    assert all(is_admitted(arch) for arch in found)
    assert len(found) == SPACE.cardinality == 2 * (2 * 1 + 2 * 2 + 1 * 2)


def test_canonical_leaves_the_admitted_alone_and_mends_others():
    for arch in SPACE.enumerate():
        assert SPACE.canonical(arch) == arch
    assert is_admitted(SPACE.canonical({"a": 0, "b": 1, "c": 1, "kept": 1, "width": 0}))


def test_random_combinations_have_each_set_equally_likely():
    rng = Random(0)
    opened = {c.name: range(len(c.candidates)) for c in (*EDGES, KEPT)}
    drawn = [RULE.sample(rng, opened) for _ in range(3000)]
    assert all(is_admitted(arch) for arch in drawn)
    counts = Counter(arch["kept"] for arch in drawn)
    assert all(900 < counts[i] < 1100 for i in range(3))


def test_random_combinations_are_made_of_open_candidates_where_possible():
    rng = Random(0)
    opened = {"a": [0, 2], "b": [1], "c": [0], "kept": [0, 1, 2]}
    for _ in range(20):
        assert RULE.sample(rng, opened) == {"a": 2, "b": 1, "c": 0, "kept": 1}
    assert is_admitted(RULE.sample(rng, {**opened, "kept": [0]}))  # b has to open


def test_rules_that_differ_describe_differently():
    other = StrongestSet(EDGES, "none", KEPT, SETS[::-1])
    assert other.describe() != RULE.describe()
    assert StrongestSet(EDGES, "none", KEPT, SETS) == RULE
    assert hash(RULE) == hash(StrongestSet(EDGES, "none", KEPT, SETS))


@pytest.mark.parametrize("sets", [SETS[:2], ((0, 1), (0, 2), (1, 3))])
def test_sets_that_do_not_fit_are_refused(sets):
    with pytest.raises(ValueError, match=r"do not fit the candidates .* positions from 0 to 2"):
        StrongestSet(EDGES, "none", KEPT, sets)


def test_a_choice_that_cannot_be_left_out_is_refused():
    with pytest.raises(ValueError, match="to be left out it needs 'none' and at least one other"):
        StrongestSet((Choice("a", ("skip", "conv")),), "none", Choice("kept", ("0",)), ((0,),))
