"""A study evaluates each network once, keeps everything, and is not broken by a kill."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tangle.core import Choice, SearchSpace
from tangle.selection import SAMPLERS, Budget, EvolutionSettings, Objective, Study

ROOT = Path(__file__).parents[2]
SPACE = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(6)])
SMALL = EvolutionSettings(population=10)
ACCURACY, PARAMS = Objective("accuracy", larger_is_better=True), Objective("params")


def score(arch):
    return {"accuracy": sum(arch.values()) / 12, "params": 1.0 + sum(arch.values()), "loss": 0.5}


def study_in(folder, sampler="evolution", objectives=(ACCURACY,), **options):
    return Study(SPACE, folder, objectives, sampler=sampler, evolution=SMALL, **options)


def networks(study):
    return [tuple(trial.architecture.values()) for trial in study.trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_study_that_goes_on_proposes_what_it_would_have_proposed(sampler, tmp_path):
    whole = study_in(tmp_path / "whole", sampler)
    whole.run(score, 40)
    for trials in (13, 29, 40):
        study_in(tmp_path / "parts", sampler).run(score, trials)
    parts = study_in(tmp_path / "parts", sampler)
    assert networks(parts) == networks(whole)
    assert len(set(networks(parts))) == 40


def test_time_that_is_over_ends_a_run_after_the_evaluation_that_is_begun(tmp_path):
    study = study_in(tmp_path)
    study.run(score, 40, seconds=0.0)
    assert len(study.trials) == 1
    study.run(score, 3, seconds=60.0)
    assert len(study.trials) == 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_seeds_make_studies(sampler, tmp_path):
    found = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        study = study_in(tmp_path / name, sampler, seed=seed)
        study.run(score, 25)
        found.append(networks(study))
    assert found[0] == found[1] != found[2]


def test_trials_keep_what_the_score_returned(tmp_path):
    study, reports = study_in(tmp_path), []
    study.run(score, 3, report=lambda count, trial: reports.append((count, trial)))
    assert reports == list(enumerate(study.trials, start=1))
    for trial in study_in(tmp_path).trials:
        assert trial.values == {"accuracy": score(trial.architecture)["accuracy"]}
        assert trial.metrics == {"params": score(trial.architecture)["params"], "loss": 0.5}
        assert 0 <= trial.seconds < 1


def test_the_best_is_that_of_the_first_objective_and_the_front_is_sorted_by_it(tmp_path):
    study = study_in(tmp_path, "nsga2", (ACCURACY, PARAMS))
    study.run(score, 30)
    assert study.best.values["accuracy"] == max(t.values["accuracy"] for t in study.trials)
    accuracies = [trial.values["accuracy"] for trial in study.front]
    assert accuracies == sorted(accuracies, reverse=True)
    assert study.front[-1].values["params"] == min(t.values["params"] for t in study.trials)


def test_two_studies_of_one_folder_share_the_trials(tmp_path):
    one, other = study_in(tmp_path), study_in(tmp_path)
    nested = []

    def both(arch):  # while the one evaluates, the other does too
        if len(nested) < 5:
            nested.append(arch)
            other.run(score, len(other.trials) + 2)
        return score(arch)

    one.run(both, 20)
    assert len(one.trials) == 20
    assert len(set(networks(one))) == 20


def test_an_evaluation_that_failed_is_done_by_the_next_run(tmp_path):
    def fails(arch):
        raise ZeroDivisionError

    study = study_in(tmp_path)
    study.run(score, 2)
    with pytest.raises(ZeroDivisionError):
        study.run(fails, 5)
    assert study.num_running == 1
    study_in(tmp_path).run(score, 5)
    whole = study_in(tmp_path / "whole")
    whole.run(score, 5)
    assert networks(study) == networks(whole)
    assert (len(study.trials), study.num_running) == (5, 0)


def test_a_study_that_is_long_enough_takes_nothing_up(tmp_path):
    study = study_in(tmp_path)
    study.run(score, 4)
    study._study.ask()
    study.run(score, 3)
    assert (len(study.trials), study.num_running) == (4, 1)


KILLED = """
import os
import time
from pathlib import Path
from tests.selection.test_study import score, study_in

study = study_in(Path({folder!r}))
evaluated = []

def slow(arch):
    evaluated.append(arch)
    # Waits for the kill, which a loaded machine may send late.
    time.sleep(600 if {waits_after} and len(evaluated) > {waits_after} else 0.02)
    return score(arch)

while {together} and sum(1 for _ in study.folder.glob("here*")) < {together}:
    (study.folder / f"here{{os.getpid()}}").touch()
    time.sleep(0.01)
study.run(slow, {trials})
"""


def start(
    folder: Path, trials: int, *, together: int = 0, waits_after: int = 0
) -> subprocess.Popen:
    """Run a study in a process.

    Args:
        folder: Of the study.
        trials: Of the study.
        together: Number of processes that must be there before it begins.
        waits_after: Evaluations after which the next takes no end; 0 for none.
    """
    code = KILLED.format(
        folder=str(folder), trials=trials, together=together, waits_after=waits_after
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)


def finished(folder: Path) -> int:
    """Count finished evaluations in the journal, which a study never repeats."""
    if not (journal := folder / "study.journal").is_file():
        return 0
    lines = journal.read_bytes().split(b"\n")[:-1]
    return sum(record.get("op_code") == 6 and record["state"] == 1
               for record in map(json.loads, lines))  # fmt: skip


def test_a_killed_study_loses_and_repeats_nothing(tmp_path):
    folder = tmp_path / "killed"
    for trials in (10, 25):
        process = start(folder, 60, waits_after=25)
        while finished(folder) < trials and process.poll() is None:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    before = networks(study_in(folder))
    assert 25 <= len(before) < 60
    study = study_in(folder)
    study.run(score, 60)
    whole = study_in(tmp_path / "whole")
    whole.run(score, 60)
    assert networks(study)[: len(before)] == before
    assert networks(study) == networks(whole)
    assert finished(folder) == 60


def test_processes_share_a_study(tmp_path):
    processes = [start(tmp_path, 40, together=2) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    study = study_in(tmp_path)
    assert len(study.trials) == len(set(networks(study))) == finished(tmp_path) == 40
    records = map(json.loads, (tmp_path / "study.journal").open())
    assert len({record["worker_id"] for record in records if record["op_code"] == 6}) == 2


def test_a_score_that_is_not_a_number_is_the_worst(tmp_path):
    study = study_in(tmp_path)
    study.run(lambda arch: {"accuracy": math.nan if arch["c0"] else 0.1}, 12)
    assert len(study.trials) == 12
    assert study.best.values["accuracy"] == 0.1


def test_a_study_ends_with_its_space(tmp_path):
    study = Study(SearchSpace([Choice("width", (1, 2))]), tmp_path, [PARAMS], sampler="random")
    study.run(score, 5)
    assert len(study.trials) == 2
    assert study.exhausted == "All 2 architectures within the budget are evaluated"


def test_a_budget_is_kept(tmp_path):
    budget = Budget(SPACE, {"params": lambda arch: score(arch)["params"]}, {"params": 4})
    study = study_in(tmp_path, budget=budget)
    study.run(score, 20)
    assert max(trial.metrics["params"] for trial in study.trials) <= 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objectives": (PARAMS,)}, r"holds a study with objectives \['accuracy'\], not"),
        ({"sampler": "random"}, "holds a study with sampler evolution, not random"),
        ({"seed": 1}, "holds a study with seed 0, not 1: go on with the same, or keep the new"),
        ({"subject": {"weights": "b"}}, "holds a study with weights a, not b"),
    ],
)
def test_a_folder_of_another_study_is_refused(tmp_path, options, message):
    study_in(tmp_path, subject={"weights": "a"}).run(score, 1)
    with pytest.raises(ValueError, match=message):
        study_in(tmp_path, **{"subject": {"weights": "a"}} | options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objectives": ()}, "objectives is .*: name at least one"),
        ({"objectives": (PARAMS, PARAMS)}, "each once"),
        ({"objectives": (ACCURACY, PARAMS)}, "evolution follows one objective, but there are 2"),
        ({"sampler": "cma"}, "no sampler 'cma'"),
    ],
)
def test_a_mistake_is_refused_before_anything_is_written(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        study_in(tmp_path / "study", **options)
    assert not (tmp_path / "study").exists()


def test_fewer_than_one_trial_is_refused(tmp_path):
    with pytest.raises(ValueError, match="trials is 0: it must be at least 1"):
        study_in(tmp_path).run(score, 0)


def test_a_study_without_trials_has_no_best(tmp_path):
    with pytest.raises(LookupError, match="has no trials yet: run it first"):
        study_in(tmp_path).best  # noqa: B018
