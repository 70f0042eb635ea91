import time
from pathlib import Path

import pytest
from lightning.pytorch import Callback

from tangle.callbacks import Throughput
from tests.planted import PlantedData, make_search, make_trainer


class Slow(Callback):
    """Makes each batch take at least some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def on_train_batch_start(self, *arguments: object) -> None:
        time.sleep(self.seconds)


class SlowData(PlantedData):
    """Makes each batch come late."""

    def __init__(self, seconds: float, **options: int) -> None:
        super().__init__(**options)
        self.seconds = seconds

    def on_before_batch_transfer(self, batch: object, dataloader_idx: int) -> object:
        time.sleep(self.seconds)
        return batch


def measure(folder: Path, data: PlantedData, *callbacks: Callback, **options: float):
    trainer = make_trainer(folder, callbacks=[Throughput(**options), *callbacks])
    trainer.fit(make_search(), data)
    return trainer.callback_metrics


def test_the_speed_is_that_of_the_batches_after_the_first(tmp_path: Path) -> None:
    metrics = measure(tmp_path, PlantedData(batch_size=16, batches=6), Slow(0.05))
    assert 16 / 0.15 < metrics["throughput/inputs_per_second"] < 16 / 0.05
    assert metrics["throughput/data_wait"] < 0.5


def test_late_batches_show(tmp_path: Path) -> None:
    metrics = measure(tmp_path, SlowData(0.1))
    assert metrics["throughput/data_wait"] > 0.6


def test_efficiency_is_the_share_of_the_speed_of_one_rank(tmp_path: Path) -> None:
    metrics = measure(tmp_path, PlantedData(), of_one_rank=500.0)
    speed = metrics["throughput/inputs_per_second"]
    assert metrics["throughput/scaling_efficiency"] == pytest.approx(float(speed) / 500)


def test_an_epoch_of_one_batch_has_no_speed(tmp_path: Path) -> None:
    assert "throughput/inputs_per_second" not in measure(tmp_path, PlantedData(batches=1))


def test_a_speed_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="of_one_rank is 0"):
        Throughput(0)
