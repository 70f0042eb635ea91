"""The data module under Lightning's Trainer, which is what replaces samplers and resumes runs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from tangle.data import BilevelDataModule, ImageFolder, RandomErasing, RandomFlip
from tests.data.pictures import write_image_folder

Make = Callable[..., BilevelDataModule]


class Recorder(LightningModule):
    """Trains nothing and notes every batch as (epoch, role, samples, seed)."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.stop_after = stop_after
        self.seen: list[tuple[int, str, list[int], str]] = []

    def note(self, role: str, batch: Any) -> None:
        numbers, seed = batch
        self.seen.append((self.current_epoch, role, numbers.tolist(), seed))

    def training_step(self, batch: dict[str, Any]) -> torch.Tensor:
        if self.stop_after is not None and len(self.seen) >= self.stop_after:
            raise InterruptedError
        for role, part in batch.items():
            self.note(role, part)
        return self.weight.sum()

    def validation_step(self, batch: Any) -> None:
        if not self.trainer.sanity_checking:
            self.note("val", batch)

    def predict_step(self, batch: Any) -> torch.Tensor:
        return batch[0]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def trainer(folder: Path, **settings: Any) -> Trainer:
    quiet = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "accelerator": "cpu",
        "devices": 1,
        "num_sanity_val_steps": 1,
        "enable_checkpointing": False,
    }
    return Trainer(default_root_dir=folder, **{**quiet, "max_epochs": 3, **settings})


def ckpt_each_batch(folder: Path) -> dict[str, Any]:
    callback = ModelCheckpoint(folder, every_n_train_steps=1, save_top_k=1, save_last=True)
    return {"callbacks": [callback], "enable_checkpointing": True}


def test_training_sees_the_epochs_of_the_samplers(make_module: Make, tmp_path: Path) -> None:
    module, recorder = make_module(), Recorder()
    trainer(tmp_path).fit(recorder, datamodule=module)
    for epoch in range(3):
        seen = [
            s for e, role, part, _ in recorder.seen for s in part if (e, role) == (epoch, "weights")
        ]
        assert sorted(seen) == module.split.weights.sort().values.tolist()
    orders = {
        str([part for e, role, part, _ in recorder.seen if (e, role) == (n, "arch")])
        for n in range(3)
    }
    assert len(orders) == 3


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("batch", [1, 4, 6, 8, 12])  # of 6 in an epoch; 6 and 12 are its ends
def test_a_run_resumed_at_any_batch_sees_the_batches_of_the_uninterrupted_one(
    make_module: Make, tmp_path: Path, batch: int, num_workers: int
) -> None:
    straight = Recorder()
    trainer(tmp_path).fit(straight, datamodule=make_module())
    num_notes = 2 * batch + 2 * (batch // 6)  # two roles per batch, two validation batches
    interrupted, resumed = Recorder(stop_after=num_notes), Recorder()
    with pytest.raises(InterruptedError):
        trainer(tmp_path, **ckpt_each_batch(tmp_path)).fit(interrupted, datamodule=make_module())
    trainer(tmp_path).fit(
        resumed,
        datamodule=make_module(num_workers=num_workers),
        ckpt_path=tmp_path / "last.ckpt",
        weights_only=True,
    )
    training = [
        [note for note in run if note[1] != "val"]
        for run in (interrupted.seen + resumed.seen, straight.seen)
    ]
    assert training[0] == training[1]


def test_a_run_without_validation_part_trains(make_module: Make, tmp_path: Path) -> None:
    recorder = Recorder()
    module = make_module(arch_fraction=0, val_fraction=0)
    trainer(tmp_path, max_epochs=1).fit(recorder, datamodule=module)
    assert sorted(s for _, _, part, _ in recorder.seen for s in part) == list(range(103))


def test_prediction_gives_the_test_set_in_order(make_module: Make, tmp_path: Path) -> None:
    predictions = trainer(tmp_path).predict(Recorder(), datamodule=make_module())
    assert torch.equal(torch.cat(predictions), torch.arange(21))


def ddp_main(folder: str) -> None:
    """What each of two processes runs: two epochs, then a file with what the rank saw."""
    from conftest import NumbersModule

    module = NumbersModule(torch.arange(103) % 5, 21, batch_size=8)
    recorder = Recorder()
    trainer(Path(folder), max_epochs=2, devices=2, strategy="ddp").fit(recorder, datamodule=module)
    Path(folder, f"rank{recorder.global_rank}").write_text(json.dumps(recorder.seen))


@pytest.mark.slow
def test_two_ranks_under_ddp_see_every_sample_once(make_module: Make, tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = tmp_path / "main.py"  # a file, since Lightning starts the second rank by its name
    script.write_text(f"import test_with_trainer as t\nt.ddp_main({str(tmp_path)!r})\n")
    path = os.pathsep.join([str(here), str(here.parents[1])])
    subprocess.run([sys.executable, script], check=True, env={**os.environ, "PYTHONPATH": path})
    ranks = [json.loads((tmp_path / f"rank{rank}").read_text()) for rank in (0, 1)]
    split = make_module().split
    assert len(ranks[0]) == len(ranks[1])
    for epoch in (0, 1):
        notes = [note for rank in ranks for note in rank if note[0] == epoch]
        for role in ("weights", "val"):
            seen = [sample for _, noted, part, _ in notes for sample in part if noted == role]
            assert len(seen) == len(set(seen)) == len(getattr(split, role))


class Watcher(Recorder):
    """Notes images by their content, and labels."""

    def note(self, role: str, batch: Any) -> None:
        images, labels = batch
        pixels = [hash(image.numpy().tobytes()) for image in images]
        self.seen.append((self.current_epoch, role, pixels, str(labels.tolist())))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_augmented_images_of_a_folder_resume_inside_an_epoch(
    tmp_path: Path, num_workers: int
) -> None:
    write_image_folder(tmp_path)

    def module(workers: int) -> ImageFolder:
        return ImageFolder(
            tmp_path, image_size=8, crop_scale=(0.1, 1.0), batch_size=8, num_workers=workers,
            augment=[RandomFlip()], augment_normalized=[RandomErasing(0.5)],
        )  # fmt: skip

    straight, interrupted, resumed = Watcher(), Watcher(stop_after=14), Watcher()
    trainer(tmp_path, max_epochs=2).fit(straight, datamodule=module(0))
    with pytest.raises(InterruptedError):
        trainer(tmp_path, **ckpt_each_batch(tmp_path)).fit(interrupted, datamodule=module(0))
    trainer(tmp_path, max_epochs=2).fit(
        resumed, datamodule=module(num_workers), ckpt_path=tmp_path / "last.ckpt", weights_only=True
    )
    runs = [
        [note for note in run if note[1] != "val"]
        for run in (interrupted.seen + resumed.seen, straight.seen)
    ]
    assert runs[0] == runs[1]
    assert 0 < len(resumed.seen) < len(straight.seen)
