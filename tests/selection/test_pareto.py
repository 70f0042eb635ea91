"""The front is what no other point dominates."""

from random import Random

from tangle.selection import pareto_front


def dominates(one, other):
    return all(a <= b for a, b in zip(one, other)) and one != other  # noqa: B905


def test_the_front_is_that_of_the_definition():
    rng = Random(0)
    for objectives in (1, 2, 3):
        points = [tuple(rng.randrange(6) for _ in range(objectives)) for _ in range(60)]
        expected = [i for i, p in enumerate(points) if not any(dominates(q, p) for q in points)]
        assert pareto_front(points) == expected


def test_equal_points_all_stay():
    assert pareto_front([(1, 2), (1, 2), (2, 2)]) == [0, 1]


def test_nothing_has_no_front():
    assert pareto_front([]) == []
