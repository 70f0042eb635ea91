"""A training needs nothing but its own folder once it has a checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tangle.cli.beginning import with_beginning, without_beginning
from tangle.cli.main import main
from tangle.cli.run_folder import RunFolder
from tests.cli.supernets import train_conv_macro

QUIET = ["--trainer.enable_progress_bar=false", "--trainer.limit_test_batches=1"]


def _config(architecture: str, checkpoint: str | None, **options: object) -> dict:
    given = {"architecture": architecture, "checkpoint": checkpoint, **options}
    return {"model": {"class_path": "tangle.modules.SubnetModule", "init_args": given}}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "checkpoints").mkdir()
    for name in ("architecture.yaml", "checkpoints/last.ckpt", "there.yaml"):
        (tmp_path / name).touch()
    return RunFolder(tmp_path)


def test_files_that_are_there_are_used(run: RunFolder) -> None:
    for config in (
        _config(str(run.path / "there.yaml"), str(run.path / "there.yaml")),
        _config("largest", None),
    ):
        assert without_beginning(config, run) is config


def test_files_that_are_gone_are_replaced_by_those_of_the_run(run: RunFolder) -> None:
    config = _config("gone/architecture.yaml", "gone/last.ckpt", new_head=True, distillation=0.0)
    options = without_beginning(config, run)["model"]["init_args"]
    assert options == {
        "architecture": str(run.path / "architecture.yaml"), "checkpoint": None,
        "new_head": False, "distillation": 0.0,
    }  # fmt: skip
    assert config["model"]["init_args"]["checkpoint"] == "gone/last.ckpt"


def test_a_teacher_that_is_gone_is_missed(run: RunFolder) -> None:
    config = _config("gone.yaml", "gone.ckpt", distillation=0.5)
    assert without_beginning(config, run)["model"]["init_args"]["checkpoint"] == "gone.ckpt"


def test_a_run_without_a_checkpoint_is_left_alone(run: RunFolder) -> None:
    run.checkpoint.unlink()
    config = _config("gone.yaml", "gone.ckpt")
    assert without_beginning(config, run) is config


def test_the_configuration_keeps_where_a_run_began() -> None:
    former = _config("gone.yaml", "gone.ckpt", new_head=True, clip_norm=1.0)
    kept = with_beginning(_config("own.yaml", None, new_head=False, clip_norm=2.0), former)
    assert kept == _config("gone.yaml", "gone.ckpt", new_head=True, clip_norm=2.0)


def test_a_training_goes_on_and_is_judged_elsewhere_without_its_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    search = train_conv_macro(Path("a search"))
    assert main(["select", str(search), "--sampler", "random", "--trials", "1"]) == 0
    found = search / "selection" / "random" / "architecture.yaml"
    options = ["--search", str(search), "--arch", str(found), "--run", "a training"]
    assert main(["fit", *options, *QUIET]) == 0
    search.rename("moved")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run = tmp_path / "a training"
    assert main(["test", "--run", str(run), *QUIET]) == 0, capsys.readouterr().err
    more = ["--resume", "--trainer.max_epochs=2"]
    assert main(["fit", "--run", str(run), *more, *QUIET]) == 0, capsys.readouterr().err
    model = yaml.safe_load((run / "config.yaml").read_text())["model"]["init_args"]
    assert model["architecture"] == str(found)
    assert model["checkpoint"] == str(search / "checkpoints" / "last.ckpt")
