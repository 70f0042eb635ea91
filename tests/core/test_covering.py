"""A covering holds every candidate and pair, in few architectures."""

from __future__ import annotations

from itertools import combinations

import pytest

from tangle.core import Choice, Condition, SearchSpace
from tangle.core.covering import covering
from tangle.nn import gather_space
from tangle.spaces import GPT, DARTSNet

FLAT = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(10)])
DEEP = SearchSpace(
    [Choice("depth", (1, 2, 3)), *(Choice(f"w{i}", (4, 8)) for i in range(3))],
    {f"w{i}": [(Condition("depth", frozenset(range(i, 3))),)] for i in (1, 2)},
)


def held(space, architectures):
    return {
        pair
        for arch in architectures
        for pair in combinations(((n, arch[n]) for n in space if n in space.active(arch)), 2)
    }


def test_all_pairs_of_ten_ternary_choices_fit_into_25_architectures():
    found = covering(FLAT)
    assert len(held(FLAT, found.architectures)) == found.pairs == 45 * 9
    assert len(found.architectures) <= 25


def test_pairs_that_cannot_be_active_together_are_missing_and_no_others():
    found = covering(DEEP)
    assert len(held(DEEP, found.architectures)) == found.pairs
    assert {pair for pair in held(DEEP, DEEP.enumerate())} == held(DEEP, found.architectures)
    assert all(one[0] == "depth" for one, _ in found.missing)
    assert len(found.missing) == 6  # w1 below depth 2, w2 below depth 3


def test_a_language_model_s_pairs_are_those_that_can_occur():
    space = gather_space(GPT(8, 8, embed_dim=(24, 48), depth=(1, 2), num_heads=(2, 3)))
    every = held(space, space.enumerate())
    assert held(space, covering(space).architectures) == every


def test_without_relations_every_candidate_occurs_once():
    found = covering(FLAT, ())
    assert len(found.architectures) == 3
    assert found.singles == 30
    assert found.pairs == 0


def test_only_related_choices_have_their_pairs_held():
    found = covering(FLAT, [("c3", "c1")])
    assert found.pairs == 9
    assert len(found.architectures) == 9


def test_architectures_keep_to_the_rules_of_the_space():
    space = gather_space(DARTSNet(2, num_cells=3, num_nodes=2))
    found = covering(space, ())
    assert all(space.rules.admit(arch) for arch in found.architectures)
    single = [one for one, other in found.missing if one == other]
    assert single == [  # the first node keeps both of its edges, so that neither is none
        (f"{kind}_n2_from{source}", 0) for kind in ("normal", "reduce") for source in (0, 1)
    ]
    assert found.singles == sum(len(choice.candidates) for choice in space.values()) - len(single)


def test_more_than_most_is_none():
    assert covering(FLAT, most=8) is None


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_architectures(seed):
    assert covering(FLAT, seed=seed) == covering(FLAT, seed=seed)
