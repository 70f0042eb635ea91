import random

from tangle.selection import pareto_front


def dominates(a, b):
    return all(x >= y for x, y in zip(a, b, strict=True)) and a != b


def test_the_front_is_what_nothing_dominates():
    rng = random.Random(0)
    for _ in range(30):
        points = [(rng.randint(0, 5), rng.randint(0, 5), rng.randint(0, 5)) for _ in range(30)]
        front = pareto_front(points, [True, True, True])
        assert front == [
            i for i, p in enumerate(points) if not any(dominates(other, p) for other in points)
        ]


def test_less_can_be_better():
    points = [(0.9, 10.0), (0.8, 5.0), (0.7, 7.0)]
    assert pareto_front(points, [True, False]) == [0, 1]
    assert pareto_front(points, [True, True]) == [0]


def test_equal_points_are_all_kept_and_nothing_has_no_front():
    assert pareto_front([(1.0, 1.0), (1.0, 1.0)], [True, False]) == [0, 1]
    assert pareto_front([], [True]) == []
