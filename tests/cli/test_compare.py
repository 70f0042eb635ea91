import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tangle.cli.alone import alone
from tangle.cli.compare import Method, main
from tangle.core.table import read_table

CONFIGS = Path(__file__).parents[2] / "lightning_configs"
DRNAS, DARTS, SPOS = (
    str(CONFIGS / "algorithms" / f"{name}.yaml") for name in ("drnas", "darts", "spos")
)
METHODS = ["-c", DRNAS, "-c", f"{SPOS}+random", "--trials", "2", "--seeds", "1"]
BASE = ["--base", str(CONFIGS / "quickstart.yaml")]
SHORT = ["--epochs", "1", "--trainer.limit_train_batches", "2", "--trainer.limit_val_batches", "1",
         "--trainer.limit_test_batches", "1"]  # fmt: skip


def compare(out, *options):
    main("compare", [*BASE, *SHORT, "--jobs", "2", "--out", str(out), *options])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    compare(out, *METHODS)
    return out


def results(out):
    with (out / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_method_has_a_result_for_each_seed(finished):
    rows = results(finished)
    assert [row["method"] for row in rows] == ["drnas", "spos+random"]
    assert all(0 <= float(row["accuracy"]) <= 1 and int(row["parameters"]) > 0 for row in rows)
    assert (finished / "table.md").is_file()
    assert (finished / "table.tex").is_file()
    assert (finished / "anytime.png").is_file()
    curves = read_table(finished / "anytime.csv")
    assert {row["method"] for row in curves} == {"drnas", "spos+random"}
    assert all(float(row["seconds"]) > 0 and 0 <= float(row["accuracy"]) <= 1 for row in curves)


def test_seconds_are_those_of_training_and_of_evaluating_candidates(finished):
    folder = finished / "spos" / "seed0" / "search"
    trained = float(read_table(folder / "anytime.csv")[-1]["seconds"])
    trials = read_table(folder / "selection" / "random" / "trials.csv")
    assert len(trials) == 2
    evaluated = sum(float(trial["seconds"]) for trial in trials)
    assert float(results(finished)[1]["seconds"]) == pytest.approx(trained + evaluated, abs=0.06)


@pytest.mark.slow
def test_minutes_bound_training_and_second_stage(tmp_path):
    limits = [f"--trainer.limit_{part}_batches=2" for part in ("train", "val", "test")]
    options = ["--seeds", "1", "--minutes", "0.02", "--trials", "5000", "--retrain-epochs", "1"]
    main("compare", [*BASE, *limits, "-c", f"{SPOS}+random", *options, "--out", str(tmp_path)])
    folder = tmp_path / "spos" / "seed0" / "search"
    trials = read_table(folder / "selection" / "random" / "trials.csv")
    assert 1 <= len(trials) < 5000
    assert float(results(tmp_path)[0]["seconds"]) < 2.4  # twice of what was asked for


def test_a_comparison_goes_on_where_it_was(finished):
    kept = finished / "drnas" / "seed0" / "argmax" / "result.yaml"
    lost = finished / "spos" / "seed0" / "random" / "result.yaml"
    of_kept, before = kept.stat().st_mtime_ns, lost.read_text()
    of_search = (finished / "spos" / "seed0" / "search" / "fitted").stat().st_mtime_ns
    lost.unlink()
    compare(finished, *METHODS)
    assert kept.stat().st_mtime_ns == of_kept
    assert (finished / "spos" / "seed0" / "search" / "fitted").stat().st_mtime_ns == of_search
    assert lost.read_text() == before


def test_a_method_has_a_name_files_and_a_sampler():
    method = Method.parse(f"mine={DRNAS},{DARTS}+tpe")
    assert (method.name, method.files) == ("mine+tpe", (DRNAS, DARTS))
    assert Method.parse(DRNAS).name == "drnas"


def test_a_path_may_have_the_signs_that_divide_a_method(tmp_path):
    for name in ("lr=0.1.yaml", "a+b.yaml", "a,b.yaml"):
        path = tmp_path / name
        path.touch()
        for text, method in ((path, (path.stem, None)), (f"{path}+tpe", (path.stem, "tpe")),
                             (f"mine={path}+tpe", ("mine", "tpe"))):  # fmt: skip
            found = Method.parse(str(text))
            assert (found.search, found.sampler) == method
            assert found.files == (str(path),)


def test_another_comparison_in_the_folder_is_refused(finished):
    with pytest.raises(ValueError, match="holds a comparison with other settings"):
        main("compare", [*BASE, "-c", DRNAS, "--out", str(finished), "--epochs", "2"])


def test_a_folder_in_which_another_process_is_at_work_is_refused(tmp_path):
    with alone(tmp_path, "--out"), pytest.raises(ValueError, match="another process is at work"):
        compare(tmp_path, "-c", DRNAS)
    assert not (tmp_path / "drnas").exists()


def test_stopping_it_is_told_with_how_to_go_on(tmp_path, monkeypatch, capsys):
    def stop(jobs, workers):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("tangle.cli.compare._run", stop)
    with pytest.raises(SystemExit) as left:
        compare(tmp_path, "-c", DRNAS)
    assert left.value.code == 130
    assert capsys.readouterr().out.endswith("Stopped; the same command goes on from here.\n")


def test_a_failed_run_is_named_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr("tangle.cli.compare._run", lambda jobs, workers: ["a (no memory; see b)"])
    with pytest.raises(ValueError, match=r"1 of the runs failed.*a \(no memory; see b\)"):
        compare(tmp_path, "-c", DRNAS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-c", DRNAS, "--seeds", "0"], "--seeds is 0: it must be more than 0"),
        (["-c", DRNAS, "--minutes", "-1"], "--minutes is -1.0: it must be more than 0"),
        (["-c", DRNAS, "--epochs", "1", "--minutes", "1"], "contradict each other"),
        (["-c", SPOS], r"SPOS trains a supernet and names no .*spos\.yaml\+evolution; there are"),
        (["-c", f"{SPOS}+tpe", "-c", f"x={SPOS}"], "SPOS trains a supernet and names no"),
        (["-c", DRNAS, "--no-retrain"], "--no-retrain leaves nothing to compare drnas by"),
        (["-c", DRNAS, "-c", DRNAS], "--config drnas is given twice"),
        (["-c", DRNAS, "-c", f"{DRNAS},{DARTS}"], "would both be called drnas: give one of them a"),
        (["-c", f"../mine={DRNAS}"], "the name '../mine' must be a plain name of a folder"),
        (["-c", f"..={DRNAS}"], "the name '..' must be a plain name of a folder"),
        (["-c", f"{DRNAS}+annealing"], "there is no sampler 'annealing', use random, evolution"),
        (["-c", DRNAS, "--model.no_such", "1"], "no_such"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(options, message, tmp_path):
    with pytest.raises(Exception, match=message):
        main("compare", [*BASE, *options, "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_a_missing_configuration_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file none\.yaml"):
        main("compare", [*BASE, "-c", "none.yaml", "--out", str(tmp_path / "out")])


def test_a_configuration_of_no_search_is_refused(tmp_path):
    subnet = tmp_path / "subnet.yaml"
    subnet.write_text("trainer: {max_epochs: 1}\n")
    with pytest.raises(
        ValueError, match="names no model to train: add a configuration with a space by --base"
    ):
        main("compare", ["-c", str(subnet), "--out", str(tmp_path / "out")])


def test_a_worker_that_was_killed_is_told_without_a_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr("tangle.cli.compare.run_job", _die)
    monkeypatch.setattr("tangle.cli.compare.die_with_parent", int)  # takes nothing, does nothing
    with pytest.raises(ValueError, match=r"One of the runs was killed.*fewer --jobs"):
        compare(tmp_path, "-c", DRNAS, "--seeds", "1")


def _die(job):
    os._exit(9)


def test_a_number_of_batches_stays_whole(tmp_path):
    code = (
        "from tangle.cli.compare import merged_configuration as merged\n"
        f"options = [{BASE[1]!r}, '--trainer.limit_val_batches', '1']\n"
        "print(repr(merged(['-c', *options])['trainer']['limit_val_batches']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split()[-1] == "1"
