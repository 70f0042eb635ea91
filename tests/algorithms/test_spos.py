from collections import Counter

from tangle.algorithms import SPOS
from tangle.core import Choice, Condition, SearchSpace

SPACE = SearchSpace(
    [Choice("depth", (1, 2)), Choice("width", (8, 16, 32)), Choice("operation", ("skip", "conv"))],
    {"width": [(Condition("depth", frozenset({1})),)]},
)


def test_draws_are_uniform_and_canonical() -> None:
    algorithm, steps = SPOS(SPACE, seed=1), 1500
    draws = [arch for step in range(steps) for arch in algorithm.draw(step)]
    assert len(draws) == steps
    counts = Counter(tuple(arch.values()) for arch in draws)
    # Two operations; half of the draws have depth one, whose width is inactive.
    assert len(counts) == 2 * (1 + 3)
    for (depth, width, _), count in counts.items():
        assert depth == 1 or width == 0
        share = 1 / 4 if depth == 0 else 1 / 12
        assert abs(count - steps * share) < 4 * (steps * share * (1 - share)) ** 0.5


def test_first_stage_has_no_favourite() -> None:
    algorithm = SPOS(SPACE)
    assert list(algorithm.parameters()) == []
    assert algorithm.incumbents() == {
        "largest": {"depth": 1, "width": 2, "operation": 1},
        "smallest": {"depth": 0, "width": 0, "operation": 0},
    }
