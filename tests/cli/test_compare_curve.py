from types import SimpleNamespace

import pytest

from tangle.benchmarks import Benchmark
from tangle.cli.compare_curve import search_curve, selection_curve
from tangle.core import Choice, SearchSpace
from tangle.core.table import write_table
from tangle.report.run import Run
from tangle.selection import Objective, Trial

SPACE = SearchSpace([Choice("width", (8, 16, 32))])


class Known(Benchmark):
    space = SPACE
    metric = "test_acc"

    def query(self, arch):
        return {"train_acc": 0.0, "test_acc": (70.0, 90.0, 80.0)[arch["width"]]}


def study(*values, objective):
    trials = [
        Trial(number, SPACE.parse({"width": width}), {objective.name: value}, {}, seconds=2.0)
        for number, (width, value) in enumerate(values)
    ]
    return SimpleNamespace(objectives=[objective], trials=trials, space=SPACE)


def test_a_selection_goes_on_from_the_supernet_with_each_better_architecture():
    trials = study((8, 0.3), (16, 0.2), (32, 0.4), objective=Objective("accuracy", True))
    assert selection_curve(trials, 10.0, None) == [
        {"seconds": 12.0, "accuracy": 0.3},
        {"seconds": 16.0, "accuracy": 0.4},
        {"seconds": 16.0, "accuracy": 0.4},
    ]


def test_a_benchmark_tells_the_score_but_does_not_choose():
    trials = study((16, 2.0), (8, 1.0), (32, 3.0), objective=Objective("loss"))
    assert selection_curve(trials, 0.0, Known()) == [
        {"seconds": 2.0, "benchmark/test_acc": 90.0},
        {"seconds": 4.0, "benchmark/test_acc": 70.0},
        {"seconds": 6.0, "benchmark/test_acc": 70.0},
    ]


def test_a_selection_without_trials_has_no_curve():
    assert selection_curve(study(objective=Objective("loss")), 1.0, None) == []


@pytest.mark.parametrize(
    ("known", "expected"),
    [(None, [(2.0, "accuracy", 0.5)]), (Known(), [(1.0, "benchmark/test_acc", 90.0),
                                                   (2.0, "benchmark/test_acc", 91.0)])],
)  # fmt: skip
def test_a_search_is_judged_after_each_epoch(tmp_path, known, expected):
    (tmp_path / "config.yaml").write_text("seed_everything: 0\n")
    write_table(
        tmp_path / "anytime.csv",
        [
            {"seconds": 1.0, "benchmark/test_acc": 90.0},
            {"seconds": 2.0, "benchmark/test_acc": 91.0, "val/best/accuracy": 0.5},
        ],
    )
    curve = search_curve(Run(tmp_path), known)
    assert curve == [{"seconds": seconds, name: score} for seconds, name, score in expected]


def test_a_search_that_names_no_architecture_has_no_curve(tmp_path):
    (tmp_path / "config.yaml").write_text("seed_everything: 0\n")
    assert search_curve(Run(tmp_path), None) == []
