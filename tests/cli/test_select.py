"""The second stage from the command line to its files, and every mistake by its text."""

from __future__ import annotations

import csv
import shutil
from itertools import islice
from pathlib import Path

import pytest
import torch
import yaml

from tangle.cli.main import main
from tangle.cli.rebuild import rebuild
from tangle.cli.run_folder import RunFolder
from tangle.cli.select import select
from tangle.core import load_architecture, read_architecture_file
from tangle.modules import Inherited
from tests.cli.supernets import ROOT, train_conv_macro


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_conv_macro(tmp_path_factory.mktemp("runs") / "spos")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_best_architecture_is_written_and_shown(run, capsys):
    assert main(["select", str(run), "--trials", "6", "--population", "3"]) == 0
    folder = run / "selection" / "evolution"
    names = {path.name for path in folder.iterdir()}
    assert names == {"study.journal", "trials.csv", "architecture.yaml", "locks"}
    table = rows(folder / "trials.csv")
    assert [int(row["trial"]) for row in table] == list(range(6))
    module, data = rebuild(RunFolder(run))
    best = load_architecture(folder / "architecture.yaml", module.supernet.space)
    provenance = read_architecture_file(folder / "architecture.yaml")["provenance"]
    assert provenance["metrics"]["accuracy"] == max(float(row["accuracy"]) for row in table)
    data.setup("fit")
    judged_by = list(islice(data.val_dataloader(), 1))  # as the search, by limit_val_batches
    metrics = Inherited(module.supernet, module.task, judged_by)(best)
    assert metrics == pytest.approx(provenance["metrics"], rel=1e-5)
    assert not (run / "architecture.yaml").exists()  # the run's own is that of its algorithm
    out = capsys.readouterr().out
    assert "The best of 6 architectures, with inherited weights" in out
    assert "tangle fit --search" in out


def test_the_command_that_it_names_runs(run, capsys):
    assert main(["select", str(run), "--trials", "1", "--sampler", "random"]) == 0
    command = capsys.readouterr().out.split("tangle fit ")[1].split("\n")[0].split()
    assert main(["fit", *command, "--trainer.fast_dev_run", "true"]) == 0


def test_several_objectives_have_a_front(run, capsys):
    options = ["--sampler", "nsga2", "--objectives", "accuracy", "params", "latency"]
    assert main(["select", str(run), "--trials", "8", "--population", "4", *options]) == 0
    folder = run / "selection" / "nsga2"
    front = rows(folder / "pareto.csv")
    assert float(front[0]["accuracy"]) == max(
        float(row["accuracy"]) for row in rows(folder / "trials.csv")
    )
    assert min(float(row["params"]) for row in rows(folder / "trials.csv")) in [
        float(row["params"]) for row in front
    ]
    assert all(float(row["latency"]) > 0 for row in front)
    assert (folder / "pareto.png").read_bytes().startswith(b"\x89PNG")
    assert "On the front of 8 architectures" in capsys.readouterr().out


def test_a_study_becomes_longer_and_another_name_is_another_study(run):
    whole = select(run, sampler="tpe", trials=6, name="whole")
    select(run, sampler="tpe", trials=2)
    longer = select(run, sampler="tpe", trials=6)
    assert [t.architecture for t in longer.trials] == [t.architecture for t in whole.trials]
    assert [t.values for t in longer.trials] == [t.values for t in whole.trials]
    anew = select(run, sampler="tpe", trials=3, seed=1, overwrite=True)
    assert len(anew.trials) == 3
    assert anew.trials[0].architecture != whole.trials[0].architecture


def test_minutes_of_a_study_count_what_former_runs_took(run):
    former = select(run, sampler="random", trials=2)
    minutes = 0.99 * sum(trial.seconds for trial in former.trials) / 60
    spent = select(run, sampler="random", trials=9, minutes=minutes, minutes_of_study=True)
    assert len(spent.trials) == 2
    of_call = select(run, sampler="random", trials=9, minutes=minutes / 1000)
    assert len(of_call.trials) == 3  # the first is always evaluated
    anew = select(run, sampler="tpe", trials=9, minutes=0.0, minutes_of_study=True)
    assert len(anew.trials) == 1


def test_a_budget_is_kept(run):
    assert main(["select", str(run), "--trials", "5", "--max-params", "57k", "--max-macs", "0.4M",
                 "--objectives", "loss"]) == 0  # fmt: skip
    folder = run / "selection" / "evolution"
    counted = select(
        run, sampler="random", trials=5, objectives=["loss", "params", "macs"],
        max_params=57_000, max_macs=400_000,
    )  # fmt: skip
    assert len(rows(folder / "trials.csv")) == len(counted.trials) == 5
    assert max(trial.values["params"] for trial in counted.trials) <= 57_000
    assert max(trial.values["macs"] for trial in counted.trials) <= 400_000


def test_the_test_data_are_not_looked_at(run, monkeypatch):
    def refuse(self):
        raise AssertionError

    monkeypatch.setattr("tangle.data.FashionMNIST.test_dataloader", refuse)
    assert len(select(run, trials=1).trials) == 1


def test_a_supernet_that_was_trained_on_is_another_study(run, capsys):
    select(run, trials=1)
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    first = next(name for name in checkpoint["state_dict"] if name.startswith("supernet."))
    checkpoint["state_dict"][first] += 1e-3
    torch.save(checkpoint, run / "checkpoints" / "last.ckpt")
    assert main(["select", str(run), "--trials", "2"]) == 2
    assert "holds a study with weights" in capsys.readouterr().err
    assert main(["select", str(run), "--trials", "2", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sampler", "cma"], "There is no sampler 'cma': choose one of random, evolution"),
        (["--objectives", "speed"], "There is no objective 'speed': choose from accuracy, loss"),
        (["--objectives", "accuracy", "macs"], "evolution follows one objective, but there are 2"),
        (["--trials", "0"], "trials is 0: it must be at least 1"),
        (["--max-params", "-5"], "max_params is -5: it must be above 0"),
        (["--max-macs", "10"], "(smallest) to "),
        (["--name", "a/b"], "name is 'a/b': it must be a plain name"),
        (["--device", "abacus"], "device is 'abacus', which is not to be had"),
        (["--population", "0"], "population is 0"),
        (["--structural", "depth"], "structural names depth, but the choices"),
        (["--objectives", "latency", "--latency-batch", "1000"], "latency_batch is 1000, but"),
        (["--val-batches", "0"], "val_batches is 0: it must be at least 1"),
        (["--latency-batch", "0"], "latency_batch is 0: it must be at least 1"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(run, capsys, options, message):
    assert main(["select", str(run), *options]) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("tangle: error: ")
    assert message in error
    assert "Traceback" not in error
    assert not (run / "selection").exists()


def test_a_folder_without_a_supernet_is_refused(tmp_path, capsys):
    assert main(["select", str(tmp_path / "none")]) == 2
    assert "holds no trained supernet, as" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_help_teaches_every_option(capsys):
    with pytest.raises(SystemExit):
        main(["select", "--help"])
    text = capsys.readouterr().out
    for option in ("--sampler", "--trials", "--objectives", "--max-params", "--max-macs", "--seed"):
        assert option in text
    assert "tangle select runs/spos --trials 300" in text


def test_a_run_that_is_replaced_loses_its_selection(run):
    select(run, trials=1)
    RunFolder(run).clear()
    assert not (run / "selection").exists()
    assert yaml.safe_load((ROOT / "lightning_configs" / "quickstart.yaml").read_text())
