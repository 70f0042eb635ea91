from random import Random

import pytest

from tangle.benchmarks import TabularBenchmark
from tangle.core import Choice, Condition, SearchSpace

SPACE = SearchSpace([Choice("a", (1, 2, 3)), Choice("b", (1, 2))])


def table(scores, **options):
    rows = {tuple(arch.values()): {"acc": s} for arch, s in zip(SPACE.enumerate(), scores)}  # noqa: B905
    return TabularBenchmark(SPACE, rows, metric="acc", **options)


def test_rank_and_regret_are_those_of_sorting_all_scores():
    rng = Random(0)
    for _ in range(20):
        scores = [float(rng.randrange(5)) for _ in range(6)]
        benchmark = table(scores)
        for arch, score in zip(SPACE.enumerate(), scores, strict=True):
            assert benchmark.query(arch) == {
                "acc": score,
                "rank": 1 + sum(other > score for other in scores),
                "regret": max(scores) - score,
                "failed": 0,
            }


def test_failed_trainings_are_flagged():
    benchmark = table([10.0, 50.0, 60.0, 70.0, 80.0, 40.0], failed_below=50)
    failed = [benchmark.query(arch)["failed"] for arch in SPACE.enumerate()]
    assert failed == [1, 0, 0, 0, 0, 1]


def test_architectures_that_are_one_network_have_one_score():
    uses = {"b": [(Condition("a", frozenset({2})),)]}
    space = SearchSpace(SPACE.values(), uses)
    rows = {tuple(arch.values()): {"acc": 1.0 + i} for i, arch in enumerate(space.enumerate())}
    benchmark = TabularBenchmark(space, rows, metric="acc")
    assert benchmark.query({"a": 0, "b": 1}) == benchmark.query({"a": 0, "b": 0})


def test_missing_architectures_and_metrics_are_refused():
    with pytest.raises(ValueError, match=r"T lacks 2 of 6 architectures, the first is {'a': 3, 'b"):
        table([1.0] * 4, source="T")
    rows = {tuple(arch.values()): {"loss": 1.0} for arch in SPACE.enumerate()}
    with pytest.raises(ValueError, match="has no metric 'acc' for all architectures"):
        TabularBenchmark(SPACE, rows, metric="acc")


def test_query_of_another_space_is_refused():
    with pytest.raises(ValueError, match="unknown 'c'"):
        table([1.0] * 6).query({"a": 0, "b": 0, "c": 0})
