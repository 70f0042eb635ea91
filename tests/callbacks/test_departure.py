"""A run that is asked to leave saves first, and goes on as if it had not been asked."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.environments import SLURMEnvironment
from lightning.pytorch.utilities.exceptions import SIGTERMException

from tangle.callbacks import Anytime, BatchCheckpoint
from tangle.modules.checkpoint import SEARCH
from tests.planted import PlantedData, make_search, make_trainer, snapshot


class SignalAt(Callback):
    """Sends this process a signal in the middle of an update."""

    def __init__(self, number: int, epoch: int, batch: int) -> None:
        self.number, self.when = number, (epoch, batch)

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any
    ) -> None:
        if (trainer.current_epoch, trainer.fit_loop.batch_idx) == self.when:
            os.kill(os.getpid(), self.number)


def _ask(folder: Path, number: int, epoch: int, batch: int, **options: Any) -> int:
    """Start a search of two epochs that is asked to leave, and return its exit code."""
    accumulate = options.pop("accumulate", 1)
    callbacks = [SignalAt(number, epoch, batch), Anytime(), BatchCheckpoint()]
    trainer = make_trainer(folder, 2, callbacks, **options)
    before = signal.getsignal(number)
    with pytest.raises(SIGTERMException) as leaving:
        trainer.fit(make_search(accumulate=accumulate), PlantedData())
    assert signal.getsignal(number) == before
    return leaving.value.code  # type: ignore[return-value]


def _step(folder: Path) -> int:
    content = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    return content[SEARCH]["step"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(("batch", "accumulate", "step"), [(1, 1, 2), (3, 2, 2), (5, 1, 6)])
def test_it_leaves_after_the_update_and_goes_on_as_an_uninterrupted_run(
    batch: int, accumulate: int, step: int, tmp_path: Path
) -> None:
    assert _ask(tmp_path, signal.SIGTERM, 0, batch, accumulate=accumulate) == 143
    assert _step(tmp_path) == step
    whole, resumed = make_search(accumulate=accumulate), make_search(accumulate=accumulate)
    make_trainer(tmp_path / "whole", 2).fit(whole, PlantedData())
    make_trainer(tmp_path, 2).fit(
        resumed, PlantedData(), ckpt_path=tmp_path / "checkpoints" / "last.ckpt"
    )
    torch.testing.assert_close(snapshot(resumed), snapshot(whole), rtol=0, atol=0)


def test_in_the_last_batch_of_an_epoch_the_epoch_is_finished_first(tmp_path: Path) -> None:
    _ask(tmp_path, signal.SIGTERM, 0, 5)
    assert (tmp_path / "anytime.csv").read_text().count("\n") == 2


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand for a SLURM job of one task, and note what is asked of its controller."""
    job = {"JOB_ID": "7", "JOB_NAME": "search", "NTASKS": "1", "PROCID": "0", "LOCALID": "0",
           "NODEID": "0", "NODELIST": "localhost"}  # fmt: skip
    for name, value in job.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    notes, bin_folder = tmp_path / "notes", tmp_path / "bin"
    bin_folder.mkdir()
    controller = bin_folder / "scontrol"
    controller.write_text(f'#!/bin/sh\necho "$@" >> {notes}\n')
    controller.chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_folder), prepend=os.pathsep)
    return notes


def test_a_job_that_slurm_warns_saves_and_is_queued_again(slurm: Path, tmp_path: Path) -> None:
    assert _ask(tmp_path, signal.SIGUSR1, 0, 2) == 0
    assert _step(tmp_path) == 3
    assert slurm.read_text() == "requeue 7\n"
    assert not list(tmp_path.glob("hpc_ckpt*"))  # by which Lightning would save within an update


def test_a_job_that_slurm_ends_saves_and_leaves_queueing_to_slurm(
    slurm: Path, tmp_path: Path
) -> None:
    assert _ask(tmp_path, signal.SIGTERM, 0, 2) == 143
    assert _step(tmp_path) == 3
    assert not slurm.exists()


def test_a_task_of_an_array_is_queued_again_alone(
    slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "5")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    _ask(tmp_path, signal.SIGUSR1, 0, 2)
    assert slurm.read_text() == "requeue 5_3\n"


def test_a_controller_that_refuses_is_told(
    slurm: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bin" / "scontrol").write_text("#!/bin/sh\necho no such job >&2\nexit 1\n")
    _ask(tmp_path, signal.SIGUSR1, 0, 2)
    assert "did not take job '7' back (no such job" in caplog.text


@pytest.mark.usefixtures("slurm")
def test_queueing_again_can_be_switched_off(tmp_path: Path) -> None:
    former = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        callbacks = [SignalAt(signal.SIGUSR1, 0, 2), BatchCheckpoint()]
        plugins = SLURMEnvironment(auto_requeue=False)
        trainer = make_trainer(tmp_path, 1, callbacks, plugins=plugins)
        trainer.fit(search := make_search(), PlantedData())
        assert search.search_step == 6
    finally:
        signal.signal(signal.SIGUSR1, former)
