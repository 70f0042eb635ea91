import pytest

from tangle.algorithms import Sandwich
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (4, 16, 8)), Choice("kernel", (3, 5))])


def test_first_is_the_largest_and_last_the_smallest() -> None:
    drawn = Sandwich(SPACE, randoms=3).draw(0)
    assert len(drawn) == 5
    assert drawn[0] == SPACE.largest() == {"width": 1, "kernel": 1}
    assert drawn[-1] == SPACE.smallest() == {"width": 0, "kernel": 0}


def test_random_architectures_cover_the_space() -> None:
    algorithm = Sandwich(SPACE)
    seen = {tuple(arch.values()) for step in range(60) for arch in algorithm.draw(step)[1:-1]}
    assert len(seen) == SPACE.cardinality


def test_extremes_are_those_of_the_open_candidates() -> None:
    algorithm = Sandwich(SPACE)
    algorithm.restrict("width", [0, 2])
    assert algorithm.incumbents()["largest"]["width"] == 2


def test_negative_number_of_random_architectures_is_refused() -> None:
    with pytest.raises(ValueError, match="randoms is -1: it must be at least 0"):
        Sandwich(SPACE, randoms=-1)
