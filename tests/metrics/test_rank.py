"""Rank correlations agree with their definitions, and their intervals with what they mean."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from tangle.metrics import bootstrap, kendall_tau, spearman

RNG = Random(0)
ONE = [RNG.random() for _ in range(12)]
OTHER = [x + 0.3 * RNG.random() for x in ONE]
TIED = [round(3 * x) for x in OTHER]


def reference_tau(one, other):
    """Tau-b, by counting pairs."""
    sign = [((a > b) - (a < b), (c > d) - (c < d))
            for (a, c), (b, d) in combinations(zip(one, other, strict=True), 2)]  # fmt: skip
    score = sum(x * y for x, y in sign)
    return score / (sum(x * x for x, _ in sign) * sum(y * y for _, y in sign)) ** 0.5


def reference_rho(one, other):
    """The correlation of mean ranks."""
    ranks = [
        [sum(b < a for b in scores) + (sum(b == a for b in scores) - 1) / 2 for a in scores]
        for scores in (one, other)
    ]
    x, y = ([r - sum(rank) / len(rank) for r in rank] for rank in ranks)
    return (
        sum(a * b for a, b in zip(x, y, strict=True))
        / (sum(a * a for a in x) * sum(b * b for b in y)) ** 0.5
    )


@pytest.mark.parametrize("other", [OTHER, TIED], ids=["distinct", "tied"])
def test_they_agree_with_their_definitions(other):
    assert kendall_tau(ONE, other) == pytest.approx(reference_tau(ONE, other), abs=1e-5)
    assert spearman(ONE, other) == pytest.approx(reference_rho(ONE, other), abs=1e-4)


@pytest.mark.parametrize("coefficient", [kendall_tau, spearman])
def test_equal_and_reversed_orders_are_the_ends(coefficient):
    assert coefficient(ONE, [x**3 for x in ONE]) == pytest.approx(1, abs=1e-4)
    assert coefficient(ONE, [-x for x in ONE]) == pytest.approx(-1, abs=1e-4)


def test_the_interval_holds_the_value_and_follows_the_seed():
    found = bootstrap(kendall_tau, ONE, OTHER, resamples=200)
    assert found.value == kendall_tau(ONE, OTHER)
    assert -1 <= found.low < found.value < found.high <= 1
    assert found.count == 12
    assert bootstrap(kendall_tau, ONE, OTHER, resamples=200) == found
    assert bootstrap(kendall_tau, ONE, OTHER, resamples=200, seed=1) != found
    narrow = bootstrap(kendall_tau, ONE, OTHER, resamples=200, level=0.5)
    assert narrow.high - narrow.low < found.high - found.low


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="There are 3 and 2 scores"):
        kendall_tau([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="at least 3 architectures"):
        spearman([1, 2], [1, 2])
    with pytest.raises(ValueError, match="level is 1"):
        bootstrap(spearman, ONE, OTHER, level=1)
