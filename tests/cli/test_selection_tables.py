"""Tables tell what the study has."""

import csv
import io
import shlex
from pathlib import Path

import pytest
from rich.console import Console

from tangle.cli.selection_tables import show, write_tables
from tangle.core import Choice, SearchSpace, load_architecture
from tangle.selection import Objective, Study

SPACE = SearchSpace([Choice("width", (4, 8, 16)), Choice("kernel", (3, 5))])
ACCURACY = Objective("accuracy", larger_is_better=True)


def score(arch):
    return {"accuracy": 0.1 * arch["width"], "params": 10 + arch["kernel"], "loss": 2.0}


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def text_of(study, trials, folder):
    console = Console(file=io.StringIO(), width=200, markup=False)
    show(study, console, run=folder, trials=trials)
    return console.file.getvalue()


def test_a_study_without_trials_leaves_nothing(tmp_path):
    write_tables(Study(SPACE, tmp_path, [ACCURACY]), {})
    assert not list(tmp_path.glob("*.csv"))


def test_trials_have_objectives_metrics_and_values(tmp_path):
    study = Study(SPACE, tmp_path, [ACCURACY], sampler="random")
    study.run(score, 4)
    write_tables(study, {"sampler": "random"})
    table = rows(tmp_path / "trials.csv")
    columns = ["trial", "accuracy", "params", "loss", "seconds", "width", "kernel"]
    assert list(table[0]) == columns
    for row, trial in zip(table, study.trials, strict=True):
        values = {"width": int(row["width"]), "kernel": int(row["kernel"])}
        assert SPACE.parse(values) == trial.architecture
    found = load_architecture(tmp_path / "architecture.yaml", SPACE)
    assert found == study.best.architecture
    assert not (tmp_path / "pareto.csv").exists()
    assert str(tmp_path / "architecture.yaml") in text_of(study, 4, tmp_path)


def test_a_front_is_written_best_first(tmp_path):
    study = Study(SPACE, tmp_path, [ACCURACY, Objective("params")], sampler="random")
    study.run(score, 9)
    write_tables(study, {})
    (row,) = rows(tmp_path / "pareto.csv")
    assert (row["width"], row["kernel"]) == ("16", "3")
    text = text_of(study, 9, tmp_path)
    assert "On the front of 6 architectures" in text
    assert "All 6 architectures within the budget are evaluated: there are no 9." in text


@pytest.mark.parametrize(
    ("run", "trained"),
    [("runs/[a] b", "runs/[a] b-s"), (".", "../mine-s"), ("runs/..", "runs/../../mine-s")],
)
def test_the_command_that_is_told_can_be_run(run, trained, tmp_path, monkeypatch):
    (tmp_path / "mine" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine")
    study = Study(SPACE, Path(run) / "s", [ACCURACY], sampler="random")
    study.run(score, 1)
    lines = text_of(study, 1, Path(run)).splitlines()
    line = next(line for line in lines if " fit --search" in line)
    words = shlex.split(line, comments=True)
    words = words[words.index("fit") + 1 :]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert Path(options["--search"]) == Path(run)
    assert Path(options["--arch"]) == Path(run) / "s" / "architecture.yaml"
    assert options["--run"] == trained


def test_others_that_are_at_work_are_told(tmp_path):
    study = Study(SPACE, tmp_path, [ACCURACY], sampler="random")
    study.run(score, 2)
    study._study.ask()
    assert "1 more are being evaluated by other processes" in text_of(study, 3, tmp_path)
