from pathlib import Path

import pytest
from lightning.pytorch import Callback

from tangle.callbacks import Throughput
from tests.clock import Clock
from tests.planted import PlantedData, make_search, make_trainer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("tangle.callbacks.throughput.time", clock)
    return clock


class Slow(Callback):
    """Makes each batch take some seconds."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds = clock, seconds

    def on_train_batch_start(self, *arguments: object) -> None:
        self.clock.sleep(self.seconds)


class SlowData(PlantedData):
    """Makes each batch come late."""

    def __init__(self, clock: Clock, seconds: float, **options: int) -> None:
        super().__init__(**options)
        self.clock, self.seconds = clock, seconds

    def on_before_batch_transfer(self, batch: object, dataloader_idx: int) -> object:
        self.clock.sleep(self.seconds)
        return batch


def measure(folder: Path, data: PlantedData, *callbacks: Callback, **options: float):
    trainer = make_trainer(folder, callbacks=[Throughput(**options), *callbacks])
    trainer.fit(make_search(), data)
    return trainer.callback_metrics


def test_the_speed_is_that_of_the_batches_after_the_first(clock: Clock, tmp_path: Path) -> None:
    metrics = measure(tmp_path, PlantedData(batch_size=16, batches=6), Slow(clock, 0.05))
    assert metrics["throughput/inputs_per_second"] == pytest.approx(16 / 0.05)
    assert metrics["throughput/data_wait"] == 0


def test_late_batches_show(clock: Clock, tmp_path: Path) -> None:
    metrics = measure(tmp_path, SlowData(clock, 0.1), Slow(clock, 0.3))
    assert metrics["throughput/data_wait"] == pytest.approx(0.1 / 0.4)


def test_efficiency_is_the_share_of_the_speed_of_one_rank(tmp_path: Path) -> None:
    metrics = measure(tmp_path, PlantedData(), of_one_rank=500.0)
    speed = metrics["throughput/inputs_per_second"]
    assert metrics["throughput/scaling_efficiency"] == pytest.approx(float(speed) / 500)


def test_an_epoch_of_one_batch_has_no_speed(tmp_path: Path) -> None:
    assert "throughput/inputs_per_second" not in measure(tmp_path, PlantedData(batches=1))


def test_a_speed_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="of_one_rank is 0"):
        Throughput(0)
