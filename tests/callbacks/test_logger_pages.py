"""Loggers with pages of their own get histograms, tables and pictures.

Weights & Biases and MLflow are played by stand-ins with their interface, so that nothing need be
installed; with both installed, `test_the_real_loggers_work_offline` runs them.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch.loggers import CSVLogger, MLFlowLogger, TensorBoardLogger, WandbLogger

from tangle.callbacks import ArchLogger
from tests.planted import PlantedData, make_search, make_trainer


class Recorder:
    """Notes what is called with what."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **_: self.calls.append((name, args))


class Wandb(WandbLogger):
    """Weights & Biases without the package."""

    def __init__(self) -> None:
        self.logged: list[dict[str, Any]] = []
        self.tables: dict[str, Any] = {}
        self.hyperparameters: dict[str, Any] = {}

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        self.logged.append({**metrics, "step": step})

    def log_table(self, key: str, columns: Any = None, data: Any = None, *_: Any) -> None:
        self.tables[key] = columns, data

    def log_image(self, key: str, images: list[Any], *_: Any, **__: Any) -> None:
        self.tables[key] = [Path(image).is_file() for image in images]

    def log_hyperparams(self, params: Any) -> None:
        self.hyperparameters = dict(params)

    name = version = save_dir = property(lambda self: None)  # type: ignore[assignment]
    experiment = property(lambda self: Recorder())  # type: ignore[assignment]

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None: ...
    def finalize(self, status: str) -> None: ...


class Mlflow(MLFlowLogger):
    """MLflow without the package."""

    def __init__(self) -> None:
        self.client = Recorder()

    def log_metrics(self, metrics: Any, step: int | None = None) -> None: ...
    def log_hyperparams(self, params: Any) -> None: ...
    def after_save_checkpoint(self, checkpoint_callback: Any) -> None: ...
    def finalize(self, status: str = "") -> None: ...

    name = save_dir = property(lambda self: None)  # type: ignore[assignment]
    run_id = version = property(lambda self: "run")  # type: ignore[assignment]
    experiment = property(lambda self: self.client)  # type: ignore[assignment]


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch) -> Wandb:
    module = types.ModuleType("wandb")
    module.Histogram = list  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    return Wandb()


def _weights(module: Any) -> list[float]:
    (alpha,) = module.algorithm.parameters()
    return list(alpha.softmax(0).tolist())


def test_wandb_gets_a_histogram_a_table_and_the_figure(wandb: Wandb, tmp_path: Path) -> None:
    module = make_search()
    make_trainer(tmp_path, 2, [ArchLogger()], logger=wandb).fit(module, PlantedData(batches=6))
    key = "arch_weights/histogram"
    histograms = [logged for logged in wandb.logged if key in logged]
    assert [logged["step"] for logged in histograms] == [5, 11]
    assert histograms[-1][key] == pytest.approx(_weights(module))
    # Histograms stand on the axis of the numbers.
    numbers = [logged["step"] for logged in wandb.logged if "arch_weights/width/1" in logged]
    assert numbers == [5, 11]
    columns, rows = wandb.tables["arch_weights/table"]
    assert columns == ["choice", "candidate", "weight"]
    assert [row[:2] for row in rows] == [["width", "1"], ["width", "8"]]
    assert [row[2] for row in rows] == pytest.approx(_weights(module))
    assert wandb.tables["arch_weights/figure"] == [True]


def test_mlflow_gets_the_files(tmp_path: Path) -> None:
    mlflow = Mlflow()
    make_trainer(tmp_path, 1, [ArchLogger()], logger=mlflow).fit(make_search(), PlantedData())
    given = [args for name, args in mlflow.client.calls if name == "log_artifact"]
    files = [str(tmp_path / f"arch_weights.{suffix}") for suffix in ("csv", "png")]
    assert given == [("run", file, "arch_weights") for file in files]


def test_tensorboard_gets_a_histogram_and_a_table(tmp_path: Path) -> None:
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    logger = TensorBoardLogger(tmp_path, name="tb", version="")
    make_trainer(tmp_path, 1, [ArchLogger()], logger=logger).fit(make_search(), PlantedData())
    events = event_accumulator.EventAccumulator(str(tmp_path / "tb")).Reload()
    assert events.Tags()["histograms"] == ["arch_weights"]
    (text,) = events.Tensors("arch_weights/table/text_summary")
    assert b"| width | 8 |" in text.tensor_proto.string_val[0]


def test_other_loggers_are_left_alone(tmp_path: Path) -> None:
    logger = CSVLogger(tmp_path, name="csv")
    make_trainer(tmp_path, 1, [ArchLogger()], logger=logger).fit(make_search(), PlantedData())
    assert "histogram" not in (tmp_path / "csv/version_0/metrics.csv").read_text()


@pytest.mark.slow
def test_the_real_loggers_work_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("wandb", "mlflow"):
        pytest.importorskip(package)
    monkeypatch.setenv("WANDB_SILENT", "true")
    store = f"sqlite:///{tmp_path}/mlflow.db"
    loggers = [
        WandbLogger(save_dir=tmp_path, offline=True),
        MLFlowLogger(tracking_uri=store, artifact_location=str(tmp_path / "artifacts")),
    ]
    make_trainer(tmp_path, 1, [ArchLogger()], logger=loggers).fit(make_search(), PlantedData())
    assert list((tmp_path / "wandb").glob("offline-run-*"))
    artifacts = [path.name for path in (tmp_path / "artifacts").rglob("*.*")]
    assert {"arch_weights.csv", "arch_weights.png"} <= set(artifacts)
