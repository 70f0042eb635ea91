import csv
from pathlib import Path

import pytest
import torch
import yaml

from tangle.cli.main import main as tangle
from tangle.cli.select import main
from tangle.core import load_architecture
from tangle.modules import SearchModule

CONFIGS = Path(__file__).parents[2] / "lightning_configs"
SPOS = ["-c", str(CONFIGS / "quickstart.yaml"), "-c", str(CONFIGS / "algorithms" / "spos.yaml")]
SHORT = ["--trainer.max_epochs", "1", "--trainer.limit_train_batches", "4",
         "--trainer.limit_val_batches", "1", "--trainer.enable_progress_bar", "false"]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "spos"
    assert tangle(["fit", *SPOS, *SHORT, "--run", str(folder)]) == 0
    return folder


def select(run, *options):
    main("select", [str(run), *options])


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def space_of(run):
    path = run / "checkpoints" / "last.ckpt"
    return SearchModule.load_from_checkpoint(path, map_location="cpu").supernet.space


def test_the_best_of_all_trials_is_kept(run, capsys):
    select(run, "--sampler", "random", "--trials", "6")
    folder = run / "selection" / "random"
    trials = rows(folder / "trials.csv")
    assert len(trials) == 6
    best = max(trials, key=lambda row: float(row["accuracy"]))
    found = load_architecture(folder / "architecture.yaml", space_of(run))
    described = space_of(run).describe(found)
    assert {name: str(value) for name, value in described.items()}.items() <= best.items()
    provenance = yaml.safe_load((folder / "architecture.yaml").read_text())["provenance"]
    assert provenance["sampler"] == "random"
    assert provenance["metrics"]["val/accuracy"] == pytest.approx(float(best["accuracy"]))
    assert "Best of 6 architectures" in capsys.readouterr().out
    assert not (folder / "pareto.csv").exists()


def test_a_selection_goes_on(run):
    select(run, "--sampler", "random", "--trials", "3", "--name", "longer")
    first = rows(run / "selection" / "longer" / "trials.csv")
    select(run, "--sampler", "random", "--trials", "5", "--name", "longer")
    again = rows(run / "selection" / "longer" / "trials.csv")
    assert again[:3] == first
    assert len(again) == 5


def test_several_objectives_have_a_front(run):
    select(
        run, "--sampler", "nsga2", "--trials", "6", "--objectives", "accuracy,params,macs,latency"
    )
    folder = run / "selection" / "nsga2"
    front = rows(folder / "pareto.csv")
    assert front
    assert all(float(row["macs"]) > float(row["params"]) > 0 for row in front)
    assert all(float(row["latency"]) > 0 for row in front)
    assert (folder / "pareto.png").is_file()


def test_a_budget_is_kept_by_every_architecture(run):
    options = ["--sampler", "evolution", "--trials", "8", "--max-params", "80000", "--name", "few",
               "--population", "4", "--select", "2", "--mutants", "1",
               "--crossovers", "1", "--objectives", "accuracy"]  # fmt: skip
    select(run, *options)
    trials = rows(run / "selection" / "few" / "trials.csv")
    path = run / "checkpoints" / "last.ckpt"
    supernet = SearchModule.load_from_checkpoint(path, map_location="cpu").supernet
    for row in trials:
        values = {name: int(row[name]) for name in supernet.space}
        net = supernet.extract(supernet.space.parse(values))
        assert sum(parameter.numel() for parameter in net.parameters()) <= 80_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sampler", "annealing"], "--sampler annealing: there is no such sampler, use random"),
        (["--objectives", "beauty"], "there is no objective 'beauty', use accuracy, loss, params"),
        (["--objectives", "params,params"], "each may be given once"),
        (["--trials", "0"], "--trials is 0: it must be more than 0"),
        (["--max-params", "-5"], "--max-params is -5.0: it must be more than 0"),
        (["--max-params", "1000"], "--max-params is 1,000, but the architectures of this space "
         "have 65,558 to 190,810: give at least 65,558"),
        (["--sampler", "tpe", "--mutants", "3"], "--mutants is an option of --sampler evolution"),
        (["--sampler", "evolution", "--objectives", "accuracy,params"], "has one objective, not 2"),
        (["--mutation", "2"], "mutation is 2.0: a probability must be in"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_before_anything_starts(options, message, run):
    before = set((run / "selection").glob("*")) if (run / "selection").exists() else set()
    with pytest.raises(ValueError, match=message):
        select(run, "--name", "wrong", *options)
    assert set((run / "selection").glob("*")) - before == set()


def test_a_folder_without_a_trained_supernet_is_refused(tmp_path, run):
    with pytest.raises(FileNotFoundError, match="holds no run"):
        select(tmp_path)
    (tmp_path / "config.yaml").write_text((run / "config.yaml").read_text())
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        select(tmp_path)


def test_a_supernet_of_another_space_is_refused(tmp_path, run):
    (tmp_path / "config.yaml").write_text((run / "config.yaml").read_text())
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    checkpoint["tangle_search"]["space"] = "0123456789abcdef"
    (tmp_path / "checkpoints").mkdir()
    torch.save(checkpoint, tmp_path / "checkpoints" / "last.ckpt")
    with pytest.raises(ValueError, match="belongs to the search space 0123456789abcdef"):
        select(tmp_path)


def test_at_the_command_line_a_mistake_is_one_line(run, capsys):
    assert tangle(["select", str(run), "--sampler", "annealing"]) == 2
    assert "tangle: error: --sampler annealing" in capsys.readouterr().err
