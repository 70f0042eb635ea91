"""Which callbacks, loggers and checkpoints a command gets; the verbs are in test_lightning.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, ModelSummary, ProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from tangle.callbacks import (
    Anytime,
    ArchLogger,
    BatchCheckpoint,
    Discretize,
    ParameterSummary,
    SearchProgressBar,
)
from tangle.cli.run_folder import RunFolder
from tangle.cli.tangle_cli import TangleCLI

CONFIG = str(Path(__file__).parents[1] / "planted.yaml")


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr(TangleCLI, "_run_subcommand", lambda self, verb: None)

    def _make(verb: str, *options: str) -> TangleCLI:
        arguments = [verb, "-c", CONFIG, f"--trainer.default_root_dir={tmp_path}", *options]
        return TangleCLI(arguments, RunFolder(tmp_path), resume=False, description="", epilog="")

    return _make


def _kinds(trainer: Trainer) -> set[type]:
    kinds = (Anytime, ArchLogger, BatchCheckpoint, Discretize, ModelCheckpoint, ProgressBar)
    return {kind for kind in kinds for callback in trainer.callbacks if isinstance(callback, kind)}


def test_a_search_has_the_callbacks_of_a_run(make: Any) -> None:
    trainer = make("fit", "--trainer.enable_progress_bar=true").trainer
    assert _kinds(trainer) == {Anytime, ArchLogger, BatchCheckpoint, Discretize, ProgressBar}
    assert isinstance(trainer.progress_bar_callback, SearchProgressBar)
    assert [type(logger) for logger in trainer.loggers] == [CSVLogger, TensorBoardLogger]


def test_no_code_of_a_checkpoint_runs_unless_asked_for(make: Any) -> None:
    for options, only in (([], True), (["--weights_only=false"], False)):
        cli = make("fit", "--ckpt_path=https://example.org/last.ckpt", *options)
        assert cli.config["fit"].weights_only is only


def test_given_loggers_are_joined_by_the_one_that_the_report_reads(make: Any) -> None:
    own = make("fit", "--trainer.logger=TensorBoardLogger", "--trainer.logger.save_dir=logs")
    assert [type(logger) for logger in own.trainer.loggers] == [TensorBoardLogger, CSVLogger]
    assert own.trainer.loggers[1].root_dir == str(own.folder.path / "csv")
    two = '[{"class_path": "CSVLogger", "init_args": {"save_dir": "a"}}]'
    trainer = make("fit", f"--trainer.logger={two}").trainer
    assert [logger.root_dir for logger in trainer.loggers] == ["a/lightning_logs"]
    assert not make("fit", "--trainer.logger=false").trainer.loggers


def test_the_summary_tells_no_flops_and_can_be_left_out(make: Any) -> None:
    def summaries(*options: str) -> list[type]:
        callbacks = make("fit", *options).trainer.callbacks
        return [type(callback) for callback in callbacks if isinstance(callback, ModelSummary)]

    assert summaries("--trainer.enable_model_summary=true") == [ParameterSummary]
    assert summaries("--trainer.enable_model_summary=false") == []
    own = ("--trainer.enable_model_summary=true", "--trainer.callbacks+=ModelSummary")
    assert summaries(*own) == [ModelSummary]


def test_judging_writes_no_results_of_a_search(make: Any) -> None:
    assert not _kinds(make("test").trainer) & {Anytime, ArchLogger, BatchCheckpoint, Discretize}


def test_a_given_callback_stands_for_its_kind(make: Any) -> None:
    trainer = make("fit", "--trainer.callbacks+=ModelCheckpoint").trainer
    assert _kinds(trainer) == {Anytime, ArchLogger, Discretize, ModelCheckpoint}
    trainer = make(
        "fit", "--trainer.callbacks+=ArchLogger", "--trainer.callbacks.every_n_updates=3"
    ).trainer
    (logger,) = (callback for callback in trainer.callbacks if isinstance(callback, ArchLogger))
    assert logger.every_n_updates == 3


def test_the_distributed_sampler_is_left_to_the_data(make: Any) -> None:
    assert make("fit").config["fit"].trainer.use_distributed_sampler is False


def test_a_given_checkpoint_goes_before_the_runs_own(make: Any, tmp_path: Path) -> None:
    own = tmp_path / "checkpoints" / "last.ckpt"
    own.parent.mkdir()
    torch.save({}, own)
    assert make("test").config["test"].ckpt_path == str(own)
    assert make("test", "--ckpt_path", "other.ckpt").config["test"].ckpt_path == "other.ckpt"
    assert make("fit").config["fit"].ckpt_path is None


def test_judging_without_a_checkpoint_is_told(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    make("test")
    assert "last.ckpt does not exist: the weights are untrained" in caplog.text


class _Answers:
    """A trainer whose predictions are given."""

    def __init__(self, *answers: torch.Tensor) -> None:
        self.answers = list(answers)

    def predict(self, **options: Any) -> list[torch.Tensor]:
        return self.answers


def test_continued_prompts_are_shown_and_kept(
    make: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = make("predict", "--data=Prompts", '--data.prompts=["a", "b"]')
    cli.trainer = _Answers(torch.tensor([[97, 33]]), torch.tensor([[98, 63, 63]]))
    cli.predict()
    assert (tmp_path / "generated.txt").read_text() == "a!\n\nb??\n"
    assert capsys.readouterr().out.endswith("a!\n\nb??\n")


def test_prompts_to_a_network_of_numbers_are_refused(make: Any) -> None:
    cli = make("predict", "--data=Prompts", '--data.prompts=["a"]')
    cli.trainer = _Answers()
    cli.trainer.predict = _refuse
    with pytest.raises(ValueError, match="The network takes no prompts: predict by a run whose"):
        cli.predict()


def _refuse(**options: Any) -> None:
    raise RuntimeError("Input type (long int) and bias type (float) should be the same")


def test_prompts_to_a_network_that_writes_no_text_are_refused(make: Any) -> None:
    cli = make("predict", "--data=Prompts", '--data.prompts=["a"]')
    cli.trainer = _Answers(torch.randn(1, 1, 4))
    with pytest.raises(ValueError, match="numbers, not with text: predict by a run whose"):
        cli.predict()
