import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import optuna
import pytest

from tangle.selection import Objective, Selection, make_sampler
from tangle.selection.parameters import key, to_architecture
from tests.selection.spaces import depths, widths

ROOT = Path(__file__).parents[2]
SAMPLERS = ["random", "evolution", "nsga2", "tpe"]
SMALL = {"population": 6, "select": 3, "mutants": 2, "crossovers": 2}


def make(path, space, sampler="random", objectives=("accuracy",), seed=0):
    return Selection(
        space, [Objective(name, name == "accuracy") for name in objectives], path / "study.journal",
        sampler=make_sampler(sampler, space, seed=seed, evolution=SMALL),
    )  # fmt: skip


def quality(arch):
    return [-sum((index - 1) ** 2 for index in arch.values())]


def keys(selection):
    space = selection.space
    return [key(to_architecture(trial.params, space), space) for trial in selection.trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_finds_the_best_and_repeats_nothing(sampler, tmp_path):
    space = depths()
    selection = make(tmp_path, space, sampler)
    selection.run(quality, 39)
    assert len(set(keys(selection))) == 39
    best = max(space.enumerate(), key=lambda arch: quality(arch)[0])
    assert selection.best().values == quality(best)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_gives_the_same_trials(sampler, tmp_path):
    found = []
    for name in ("a", "b"):
        selection = make(tmp_path / name, widths(5), sampler, seed=4)
        selection.run(quality, 15)
        found.append(keys(selection))
    assert found[0] == found[1]


def test_a_study_goes_on_to_the_number_asked_for(tmp_path):
    space = widths(5)
    make(tmp_path, space).run(quality, 7)
    again, evaluated = make(tmp_path, space), []

    def evaluate(arch):
        evaluated.append(arch)
        return quality(arch)

    again.run(evaluate, 12)
    assert len(evaluated) == 5
    assert len(set(keys(again))) == 12
    again.run(evaluate, 12)
    assert len(evaluated) == 5


def test_a_space_that_has_no_more_ends_the_run(tmp_path):
    selection = make(tmp_path, widths(2))
    selection.run(quality, 50)
    assert len(selection.trials) == 9
    assert selection.exhausted == "every feasible architecture of the space has been evaluated"


def test_an_evaluation_that_fails_is_done_again_first(tmp_path):
    space, tried = widths(4), []

    def fail(arch):
        tried.append(arch)
        if len(tried) == 3:
            raise RuntimeError("out of memory")
        return quality(arch)

    with pytest.raises(RuntimeError, match="out of memory"):
        make(tmp_path, space).run(fail, 5)
    selection = make(tmp_path, space)
    selection.run(fail, 5)
    assert tried[3] == tried[2]
    assert len(set(keys(selection))) == 5
    assert [trial.number for trial in selection.trials] == [0, 1, 2, 3, 4]


PROGRAM = """
import sys, time
from pathlib import Path
from tests.selection.test_study import make, quality
from tests.selection.spaces import widths

def slowly(arch):
    with open(sys.argv[1] + "/evaluated", "a") as file:
        file.write(" ".join(map(str, arch.values())) + "\\n")
    time.sleep(float(sys.argv[3]))
    return quality(arch)

make(Path(sys.argv[1]), widths(5)).run(slowly, int(sys.argv[2]))
"""


def start(folder, trials, seconds):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder), str(trials), str(seconds)],
        cwd=ROOT,
    )


def evaluated(folder):
    path = folder / "evaluated"
    return path.read_text().splitlines() if path.is_file() else []


def test_a_killed_process_loses_and_repeats_no_trial(tmp_path):
    process = start(tmp_path, 30, 0.05)
    while len(evaluated(tmp_path)) < 6:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    selection = make(tmp_path, widths(5))
    before = len(selection.trials)
    assert 5 <= before < 30
    assert start(tmp_path, 20, 0).wait() == 0
    after = make(tmp_path, widths(5))
    assert len(after.trials) == 20
    counts = Counter(evaluated(tmp_path))
    # Only what was being evaluated at the kill is evaluated anew, under its old number.
    assert sum(counts.values()) <= 21
    assert len(counts) == 20
    assert [trial.number for trial in after.trials] == list(range(20))


def test_two_processes_share_a_study(tmp_path):
    processes = [start(tmp_path, 24, 0.03) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    counts = Counter(evaluated(tmp_path))
    selection = make(tmp_path, widths(5))
    assert len(selection.trials) == len(counts) == sum(counts.values()) == 24
    assert len({trial.user_attrs["process"] for trial in selection.trials}) == 2


def test_optuna_alone_opens_the_file(tmp_path):
    make(tmp_path, widths(3)).run(quality, 4)
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "study.journal"))
    storage = optuna.storages.JournalStorage(backend)
    (name,) = optuna.get_all_study_names(storage)
    assert len(optuna.load_study(study_name=name, storage=storage).trials) == 4


def test_the_front_has_several_objectives(tmp_path):
    selection = make(tmp_path, widths(3), "nsga2", ("accuracy", "params"))
    selection.run(lambda arch: [arch["width_0"], sum(arch.values())], 27)
    values = [selection.values(trial) for trial in selection.front()]
    assert values == [{"accuracy": a, "params": a} for a in (0, 1, 2)]
    assert selection.best().values[0] == 2


def test_rows_tell_values_and_architecture(tmp_path):
    selection = make(tmp_path, widths(2))
    selection.run(quality, 3)
    row = selection.rows()[0]
    assert list(row) == ["trial", "accuracy", "seconds", "width_0", "width_1"]
    assert row["width_0"] in (1, 2, 3)


def test_a_study_of_another_space_or_of_other_objectives_is_refused(tmp_path):
    make(tmp_path, widths(3))
    with pytest.raises(ValueError, match="holds a study with the space"):
        make(tmp_path, widths(4))
    with pytest.raises(ValueError, match=r"the objectives \['accuracy'\], not \['loss'\]"):
        Selection(widths(3), [Objective("loss", True)], tmp_path / "study.journal",
                  sampler=make_sampler("random", widths(3)))  # fmt: skip


def test_without_trials_there_is_no_best(tmp_path):
    with pytest.raises(LookupError, match="has no finished trial"):
        make(tmp_path, widths(3)).best()


def test_an_unknown_sampler_and_no_trials_are_refused(tmp_path):
    with pytest.raises(ValueError, match="There is no sampler 'annealing': choose one of random"):
        make_sampler("annealing", widths(3))
    with pytest.raises(ValueError, match="trials is 0: it must be at least 1"):
        make(tmp_path, widths(3)).run(quality, 0)
