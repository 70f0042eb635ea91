import pytest

from tangle.algorithms import OFA
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (4, 8, 16)), Choice("kernel", (3, 5))])


def test_as_long_as_only_the_largest_is_open_it_trains_alone() -> None:
    algorithm = OFA(SPACE)
    for name, index in SPACE.largest().items():
        algorithm.restrict(name, [index])
    assert algorithm.draw(0) == [SPACE.largest()]


def test_the_teacher_comes_before_random_architectures_of_the_open_candidates() -> None:
    algorithm = OFA(SPACE, randoms=2)
    algorithm.restrict("width", [2])
    drawn = [algorithm.draw(step) for step in range(30)]
    assert all(archs[0] == SPACE.largest() for archs in drawn)
    assert {arch["width"] for archs in drawn for arch in archs} == {2}
    assert {arch["kernel"] for archs in drawn for arch in archs} == {0, 1}


def test_without_a_random_architecture_it_is_refused() -> None:
    with pytest.raises(ValueError, match="randoms is 0: it must be at least 1"):
        OFA(SPACE, randoms=0)
