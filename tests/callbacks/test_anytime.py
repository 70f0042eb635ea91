"""The any-time table: what is in it, what the clock counts, and that a kill changes nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch import Callback

from tangle.algorithms import DARTS, SPOS
from tangle.benchmarks import TabularBenchmark
from tangle.callbacks import Anytime, BatchCheckpoint
from tangle.core import Choice, SearchSpace
from tangle.metrics import count_parameters
from tests.clock import Clock
from tests.planted import BEST_WIDTH, KillAt, Killed, PlantedData, make_search, make_trainer


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "anytime.csv").open() as file:
        return list(csv.DictReader(file))


class Slow(Callback):
    """Takes time, in seconds, in every batch of a stage."""

    def __init__(self, clock: Clock, *, train: float = 0.0, val: float = 0.0) -> None:
        self.clock, self.train, self.val = clock, train, val

    def on_train_batch_start(self, *args: Any) -> None:
        self.clock.sleep(self.train)

    def on_validation_batch_start(self, *args: Any, **options: Any) -> None:
        self.clock.sleep(self.val)


def test_rows_tell_metrics_size_and_architecture(tmp_path: Path) -> None:
    module = make_search(DARTS)
    trainer = make_trainer(tmp_path, 3, [Anytime()])
    trainer.fit(module, PlantedData())
    rows = _rows(tmp_path)
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    best = module.algorithm.incumbents()["best"]
    assert int(rows[-1]["parameters"]) == count_parameters(module.supernet.extract(best))
    assert int(rows[-1]["width"]) == module.supernet.space.describe(best)["width"]
    assert float(rows[-1]["val/best/accuracy"]) == float(
        trainer.callback_metrics["val/best/accuracy"]
    )


def test_the_clock_counts_training_and_not_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("tangle.callbacks.anytime.time", clock)
    slow = Slow(clock, train=0.01, val=0.1)
    make_trainer(tmp_path, 2, [Anytime(), slow], num_sanity_val_steps=2).fit(
        make_search(DARTS), PlantedData(batches=6)
    )
    seconds = [float(row["seconds"]) for row in _rows(tmp_path)]
    assert seconds == pytest.approx([0.06, 0.12])


def test_an_epoch_without_validation_has_no_metrics(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 3, [Anytime()], check_val_every_n_epoch=2)
    trainer.fit(make_search(DARTS), PlantedData())
    assert [bool(row["val/best/loss"]) for row in _rows(tmp_path)] == [False, True, False]


def test_an_algorithm_without_a_favourite_has_metrics_only(tmp_path: Path) -> None:
    make_trainer(tmp_path, 1, [Anytime()]).fit(make_search(SPOS), PlantedData())
    assert set(_rows(tmp_path)[0]) == {
        "epoch", "seconds", "val/largest/accuracy", "val/largest/loss", "val/smallest/accuracy",
        "val/smallest/loss",
    }  # fmt: skip


def _benchmark(widths: tuple[int, ...] = (1, BEST_WIDTH), name: str = "width") -> TabularBenchmark:
    space = SearchSpace([Choice(name, widths)])
    rows = {(i,): {"test_acc": 10.0 * width} for i, width in enumerate(widths)}
    return TabularBenchmark(space, rows, metric="test_acc")


def test_rows_tell_what_a_benchmark_knows_of_the_incumbent(tmp_path: Path) -> None:
    """The benchmark's candidates are in another order and more than the space's."""
    benchmark = _benchmark((16, BEST_WIDTH, 4, 1))
    make_trainer(tmp_path, 3, [Anytime(benchmark)]).fit(make_search(DARTS), PlantedData())
    rows = _rows(tmp_path)
    assert rows[-1]["width"] == str(BEST_WIDTH)
    for row in rows:
        width = int(row["width"])
        assert float(row["benchmark/test_acc"]) == 10 * width
        assert float(row["benchmark/rank"]) == {BEST_WIDTH: 2, 1: 4}[width]
        assert float(row["benchmark/regret"]) == 160 - 10 * width
    assert (tmp_path / "anytime.png").stat().st_size > 1000


@pytest.mark.parametrize("table", [_benchmark((1, 4)), _benchmark(name="depth")])
def test_benchmark_of_another_space_is_refused_before_training(
    table: TabularBenchmark, tmp_path: Path
) -> None:
    trainer = make_trainer(tmp_path, 1, [Anytime(table)])
    with pytest.raises(ValueError, match="TabularBenchmark does not know this search space: "):
        trainer.fit(make_search(DARTS), PlantedData())
    assert trainer.global_step == 0


def test_without_a_favourite_there_is_nothing_to_ask_a_benchmark(tmp_path: Path) -> None:
    make_trainer(tmp_path, 1, [Anytime(_benchmark())]).fit(make_search(SPOS), PlantedData())
    assert not any(column.startswith("benchmark") for column in _rows(tmp_path)[0])
    assert not (tmp_path / "anytime.png").exists()


@pytest.mark.parametrize("kill", [(2, 0), (1, 5)], ids=["between_epochs", "within_an_epoch"])
def test_a_resumed_run_has_the_rows_of_an_uninterrupted_one(
    kill: tuple[int, int], tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    make_trainer(whole, 3, [Anytime()]).fit(make_search(), PlantedData())
    callbacks = [Anytime(), BatchCheckpoint(every_n_batches=2), KillAt(*kill)]
    with pytest.raises(Killed):
        make_trainer(killed, 3, callbacks).fit(make_search(), PlantedData())
    before = [float(row["seconds"]) for row in _rows(killed)]
    (killed / "anytime.csv").write_text("epoch\n77\n")  # rows of a lost epoch
    make_trainer(killed, 3, [Anytime(), BatchCheckpoint()]).fit(
        make_search(), PlantedData(), ckpt_path=killed / "checkpoints" / "last.ckpt"
    )
    rows = _rows(killed)
    seconds = [float(row.pop("seconds")) for row in rows]
    assert seconds == sorted(seconds)
    assert seconds[: len(before)] == before
    assert rows == [{n: v for n, v in row.items() if n != "seconds"} for row in _rows(whole)]
