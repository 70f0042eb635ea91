"""The table of architecture weights agrees with the alphas, and goes on after a kill."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from lightning.pytorch.loggers import CSVLogger

from tangle.algorithms import DARTS, SPOS
from tangle.callbacks import ArchLogger, BatchCheckpoint
from tests.planted import KillAt, Killed, PlantedData, make_search, make_trainer


def _rows(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [{name: float(v) for name, v in row.items() if v} for row in csv.DictReader(file)]


def test_rows_are_the_softmax_of_alphas(tmp_path: Path) -> None:
    module = make_search(DARTS)
    make_trainer(tmp_path, 2, [ArchLogger()]).fit(module, PlantedData(batches=6))
    rows = _rows(tmp_path / "arch_weights.csv")
    assert [row["update"] for row in rows] == [0, 6, 12]
    (alpha,) = module.algorithm.parameters()
    final = [rows[-1]["width=1"], rows[-1]["width=8"]]
    assert final == pytest.approx(alpha.softmax(0).tolist(), abs=1e-6)
    assert (tmp_path / "arch_weights.png").read_bytes().startswith(b"\x89PNG")


def test_rows_within_epochs(tmp_path: Path) -> None:
    logger = ArchLogger(every_n_updates=2)
    make_trainer(tmp_path, 1, [logger]).fit(make_search(accumulate=2), PlantedData(batches=8))
    assert [row["update"] for row in _rows(tmp_path / "arch_weights.csv")] == [0, 2, 4]


def test_loggers_get_the_weights(tmp_path: Path) -> None:
    loggers = [CSVLogger(tmp_path, name="csv")]
    make_trainer(tmp_path, 1, [ArchLogger()], logger=loggers).fit(make_search(), PlantedData())
    row = _rows(tmp_path / "csv" / "version_0" / "metrics.csv")[-1]
    assert row["arch_weights/width/1"] + row["arch_weights/width/8"] == pytest.approx(1)


@pytest.mark.parametrize("every_n_updates", [1, 2, None])
@pytest.mark.parametrize("every_n_batches", [2, None], ids=["within_an_epoch", "between_epochs"])
def test_a_resumed_run_has_the_rows_of_an_uninterrupted_one(
    every_n_updates: int | None, every_n_batches: int | None, tmp_path: Path
) -> None:
    tables = []
    for name, kill in (("whole", None), ("killed", KillAt(2, 5))):
        folder = tmp_path / name
        callbacks = [ArchLogger(every_n_updates), BatchCheckpoint(every_n_batches)]
        if kill is None:
            make_trainer(folder, 3, callbacks).fit(make_search(), PlantedData())
        else:
            with pytest.raises(Killed):
                make_trainer(folder, 3, [*callbacks, kill]).fit(make_search(), PlantedData())
            with (folder / "arch_weights.csv").open("a") as file:
                file.write("99,0.5,0.5\n")  # of an update that did not get into the checkpoint
            callbacks = [ArchLogger(every_n_updates), BatchCheckpoint()]
            make_trainer(folder, 3, callbacks).fit(
                make_search(), PlantedData(), ckpt_path=folder / "checkpoints" / "last.ckpt"
            )
        tables.append((folder / "arch_weights.csv").read_text())
    assert tables[0] == tables[1]


def test_an_algorithm_without_alphas_is_left_alone(tmp_path: Path) -> None:
    make_trainer(tmp_path, 1, [ArchLogger()]).fit(make_search(SPOS), PlantedData())
    assert list(tmp_path.iterdir()) == []


def test_a_bad_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="every_n_updates is 0: it must be at least 1"):
        ArchLogger(every_n_updates=0)
