"""Wherever a search is killed, it goes on to the same end, bit by bit."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from tangle.cli.main import main

QUICKSTART = Path(__file__).parents[1] / "lightning_configs" / "quickstart.yaml"
KILLS = 20
SHORT = {
    "trainer.max_epochs": 3, "trainer.limit_train_batches": 8, "trainer.limit_val_batches": 4,
    "trainer.enable_progress_bar": "false", "data.batch_size": 16, "checkpoint.every_n_batches": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that are forked from one which has imported everything already."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tangle.cli.lightning"])
    return context


def _start(processes: Any, folder: Path) -> BaseProcess:
    """Begin a short search, or go on with it."""
    options = [f"--{name}={value}" for name, value in SHORT.items()]
    arguments = ["fit", "-c", str(QUICKSTART), *options, "--run", str(folder), "--resume", "auto"]
    process: BaseProcess = processes.Process(target=main, args=(arguments,))
    process.start()
    return process


def _finish(processes: Any, folder: Path) -> None:
    process = _start(processes, folder)
    process.join()
    assert process.exitcode == 0


def _end(folder: Path) -> Iterator[Any]:
    """Give all that an end is told by, but for the seconds that it took."""
    checkpoint = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    yield from (checkpoint[part] for part in ("state_dict", "optimizer_states", "lr_schedulers"))
    with (folder / "anytime.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == SHORT["trainer.max_epochs"]
    yield [{name: value for name, value in row.items() if name != "seconds"} for row in rows]
    yield from ((folder / name).read_bytes() for name in ("health.csv", "arch_weights.csv"))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_search_killed_at_random_moments_ends_as_an_uninterrupted_one(
    processes: Any, tmp_path: Path
) -> None:
    _finish(processes, tmp_path / "first")  # which also starts what processes are forked from
    start = time.monotonic()
    _finish(processes, tmp_path / "whole")
    seconds = time.monotonic() - start
    whole = list(_end(tmp_path / "whole"))
    rng, kills = Random(0), 0
    while kills < KILLS:
        folder = tmp_path / f"killed_{kills}"
        process = _start(processes, folder)
        process.join(rng.uniform(0, seconds))
        process.kill()
        process.join()
        if process.exitcode == 0:  # it was faster this time
            continue
        kills += 1
        _finish(processes, folder)
        for mine, other in zip(_end(folder), whole, strict=True):
            _check_same(mine, other)


def _check_same(mine: Any, other: Any) -> None:
    if isinstance(mine, list | tuple):
        for one, another in zip(mine, other, strict=True):
            _check_same(one, another)
    elif isinstance(mine, dict):
        assert mine.keys() == other.keys()
        for key in mine:
            _check_same(mine[key], other[key])
    elif isinstance(mine, torch.Tensor):
        torch.testing.assert_close(mine, other, rtol=0, atol=0)
    else:
        assert mine == other
