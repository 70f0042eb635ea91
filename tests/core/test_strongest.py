"""The rule of the strongest choices, against picking them by hand."""

import math
from collections import Counter
from itertools import combinations
from random import Random

import pytest

from tangle.core import Choice, SearchSpace, Strongest

EDGES = tuple(
    Choice(name, candidates)
    for name, candidates in (
        ("a", ("none", "skip", "conv")), ("b", ("skip", "none")), ("c", ("pool", "none", "conv")),
    )
)  # fmt: skip
RULE = Strongest(EDGES, "none", 2)
SPACE = SearchSpace([*EDGES, Choice("width", (1, 2))], rules=[RULE, RULE])


def is_on(arch):
    return [e.name for e in EDGES if e.candidates[arch[e.name]] != "none"]


def test_decision_keeps_the_strongest_candidates_that_do_something():
    strengths = {"a": [0.8, 0.15, 0.05], "b": [0.1, 0.9], "c": [0.3, 0.3, 0.4]}
    assert RULE.decide(strengths) == {"a": 1, "b": 1, "c": 2}
    assert SPACE.decide({**strengths, "width": [0.4, 0.6]}) == {"a": 1, "b": 1, "c": 2, "width": 1}


def test_equals_go_to_the_first():
    assert RULE.decide({"a": [0, 0.5, 0.5], "b": [0.5, 0], "c": [0.5, 0, 0.5]}) == {
        "a": 1, "b": 0, "c": 1,
    }  # fmt: skip


def test_closed_candidates_are_the_last_to_be_kept():
    closed = -math.inf
    strengths = {"a": [0.0, closed, closed], "b": [-2.0, -1.0], "c": [-3.0, -1.0, closed]}
    assert RULE.decide(strengths) == {"a": 0, "b": 0, "c": 0}


def test_random_strengths_are_decided_as_by_hand():
    rng = Random(0)
    for _ in range(200):
        strengths = {e.name: [rng.random() for _ in e.candidates] for e in EDGES}
        best = {
            e.name: max(
                (s, i) for i, s in enumerate(strengths[e.name]) if e.candidates[i] != "none"
            )
            for e in EDGES
        }
        kept = sorted(best, key=lambda name: best[name][0])[-2:]
        decided = RULE.decide(strengths)
        assert sorted(is_on(decided)) == sorted(kept)
        assert all(decided[name] == best[name][1] for name in kept)


def test_enumeration_and_cardinality_are_those_of_the_admitted():
    admitted = [arch for arch in SPACE.enumerate()]
    assert len(admitted) == SPACE.cardinality == 2 * RULE.cardinality
    assert RULE.cardinality == sum(
        math.prod(len(e.candidates) - 1 for e in kept) for kept in combinations(EDGES, 2)
    )
    assert all(len(is_on(arch)) == 2 for arch in admitted)


def test_canonical_keeps_what_is_admitted_and_repairs_what_is_not():
    for arch in SPACE.enumerate():
        assert SPACE.canonical(arch) == arch
        assert RULE.admits(arch)
    assert SPACE.canonical({"a": 2, "b": 0, "c": 2, "width": 0}) == {
        "a": 2, "b": 0, "c": 1, "width": 0,
    }  # fmt: skip
    assert SPACE.canonical({"a": 0, "b": 0, "c": 1, "width": 0}) == {
        "a": 1, "b": 0, "c": 1, "width": 0,
    }  # fmt: skip
    for arch in (SPACE.largest(), SPACE.smallest()):
        assert RULE.admits(arch)


def test_samples_keep_to_the_rule_and_reach_every_combination_alike():
    rng = Random(0)
    counts = Counter(tuple(RULE.sample(rng, dict.fromkeys("abc", range(3))).items())
                     for _ in range(4000))  # fmt: skip
    assert len(counts) == RULE.cardinality
    pairs = Counter()
    for arch, count in counts.items():
        pairs[tuple(is_on(dict(arch)))] += count
    assert all(abs(count - 4000 / 3) < 150 for count in pairs.values())


def test_samples_are_made_of_open_candidates_as_far_as_possible():
    rng = Random(0)
    for _ in range(50):
        arch = SPACE.sample(rng, {"a": (0, 2), "b": (1,), "c": (0, 1), "width": (1,)})
        assert arch == {"a": 2, "b": 1, "c": 0, "width": 1}
        arch = SPACE.sample(rng, {"a": (0,), "b": (1,), "c": (0, 1), "width": (1,)})
        assert RULE.admits(arch)


def test_rules_are_part_of_a_spaces_hash():
    plain = SearchSpace(SPACE.values())
    assert plain.hash != SPACE.hash == SearchSpace(SPACE.values(), rules=[RULE]).hash
    other = SearchSpace(SPACE.values(), rules=[Strongest(EDGES, "none", 1)])
    assert other.hash not in (plain.hash, SPACE.hash)


def test_choice_without_the_candidate_that_does_nothing_is_refused():
    with pytest.raises(ValueError, match=r"'x' has the candidates .* to be left out it needs 'no"):
        Strongest((Choice("x", ("skip", "conv")),), "none", 1)


@pytest.mark.parametrize("count", [0, 4])
def test_count_that_can_not_be_kept_is_refused(count):
    with pytest.raises(ValueError, match=f"count is {count}, but it must be from 1 to 3"):
        Strongest(EDGES, "none", count)
