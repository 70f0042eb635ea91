"""Architectures are drawn without repetition, and more of them begin with the same ones."""

from __future__ import annotations

import pytest

from tangle.cli.rank_study import distinct
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("depth", (1, 2, 3)), Choice("width", (2, 4))])


def test_all_architectures_of_a_space_are_drawn_once():
    found = distinct(SPACE, [], 6, seed=0)
    assert sorted(map(str, found.values())) == sorted(map(str, SPACE.enumerate()))


def test_more_architectures_begin_with_the_same_ones():
    fewer, more = (list(distinct(SPACE, [], count, seed=3)) for count in (2, 5))
    assert more[:2] == fewer


def test_a_given_architecture_is_not_drawn_again():
    found = distinct(SPACE, [SPACE.largest(), SPACE.largest()], 5, seed=0)
    assert len(found) == 6
    assert next(iter(found.values())) == SPACE.largest()


def test_more_than_the_space_has_are_refused():
    with pytest.raises(ValueError, match="the space has only 6"):
        distinct(SPACE, [SPACE.largest()], 6, seed=0)
