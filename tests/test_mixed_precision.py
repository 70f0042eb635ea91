"""The order of a step in half precision, on the CPU and on a GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor

from perf.bench_steps import conv_macro
from tangle.algorithms import DARTS, DrNAS
from tangle.nn import Supernet
from tests.planted import PlantedData, make_search, make_trainer

ROOT = Path(__file__).parents[1]


class LoggedScaler(torch.amp.GradScaler):
    """Notes what is asked of it."""

    def __init__(self, device: str, notes: list[str], init_scale: float = 2.0**10) -> None:
        super().__init__(device, init_scale=init_scale)
        self.notes = notes

    def scale(self, outputs: Any) -> Any:
        self.notes.append("scale")
        return super().scale(outputs)

    def unscale_(self, optimizer: Any) -> None:
        self.notes.append("unscale")
        super().unscale_(optimizer)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        self.notes.append("step")
        return super().step(optimizer, *args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        self.notes.append("update")
        super().update(new_scale)


class LoggedClipping(Callback):
    """Notes that a step is about to be made, which is when gradients are clipped."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes

    def on_before_optimizer_step(self, *_: Any) -> None:
        self.notes.append("clip")


def _notes(device: str, *, accumulate: int = 1) -> list[str]:
    notes: list[str] = []
    plugin = MixedPrecision("16-mixed", device, LoggedScaler(device, notes))
    trainer = make_trainer(epochs=1, callbacks=[LoggedClipping(notes)], plugins=plugin)
    module = make_search(DrNAS, weight_clip=1.0, arch_clip=1.0, accumulate=accumulate)
    trainer.fit(module, PlantedData(batches=4))
    return notes


@pytest.mark.parametrize("accumulate", [1, 2])
def test_each_optimizer_is_done_with_before_the_next_one_begins(accumulate: int) -> None:
    # One after the other: a scaler that has unscaled for one optimizer can't serve the next.
    step = ["scale"] * accumulate + ["unscale", "clip", "step", "update"]
    assert _notes("cpu", accumulate=accumulate) == 2 * (4 // accumulate) * step


class Grow(Callback):
    """Makes the loss of one batch too large for half precision."""

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if batch_idx == 1:
            batch["weights"][0].mul_(float("inf"))


def test_an_update_that_overflows_is_left_out() -> None:
    notes: list[str] = []
    plugin = MixedPrecision("16-mixed", "cpu", LoggedScaler("cpu", notes))
    module = make_search(DARTS, weight_clip=1.0)
    trainer = make_trainer(epochs=1, callbacks=[Grow()], plugins=plugin)
    trainer.fit(module, PlantedData(batches=4))
    assert all(parameter.isfinite().all() for parameter in module.parameters())
    assert plugin.scaler.get_scale() == 2.0**9  # halved once


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
def test_weights_and_masks_stay_in_single_precision(precision: str) -> None:
    search, seen = make_search(DrNAS), []

    def note(module: Any, inputs: Any, output: Tensor) -> None:
        seen.append(output.dtype)

    search.supernet.net.layers[0].register_forward_hook(note)
    make_trainer(epochs=1, precision=precision).fit(search, PlantedData(batches=2))
    assert torch.bfloat16 in seen  # to which Lightning turns either on a CPU
    assert {p.dtype for p in search.parameters()} == {torch.float32}


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("precision", ["16-mixed", "bf16-mixed", "32-true"])
def test_a_search_learns_on_a_gpu(precision: str) -> None:
    trainer = Trainer(
        accelerator="gpu", devices=1, precision=precision, max_epochs=5, logger=False,  # type: ignore[arg-type]
        enable_checkpointing=False, enable_progress_bar=False, use_distributed_sampler=False,
    )  # fmt: skip
    trainer.fit(make_search(DrNAS, weight_clip=1.0), PlantedData(batches=20))
    assert float(trainer.callback_metrics["val/best/accuracy"]) > 0.9


@pytest.mark.gpu
@needs_gpu
def test_a_gpu_holds_no_more_than_of_the_largest_network() -> None:
    def peak(run: Any, net: torch.nn.Module) -> int:
        for _ in range(2):
            net.zero_grad()
            torch.cuda.reset_peak_memory_stats()
            run().square().mean().backward()
        return torch.cuda.max_memory_allocated()

    net, x, _ = conv_macro()
    x = x.cuda()
    supernet = Supernet(net).cuda()
    largest = supernet.extract(supernet.space.largest())
    (drawn,) = DrNAS(supernet.space).cuda().draw(0)
    arch = {name: weights.detach() for name, weights in drawn.items()}
    assert peak(lambda: supernet(x, arch), supernet) < 1.05 * peak(lambda: largest(x), largest)


@pytest.mark.gpu
@needs_gpu
def test_a_step_does_not_wait_for_the_gpu() -> None:
    net, x, _ = conv_macro()
    supernet, x = Supernet(net).cuda(), x.cuda()
    algorithm = DrNAS(supernet.space).cuda()
    supernet(x, algorithm.draw(0)[0]).sum().backward()  # the first one may set things up
    arch = algorithm.draw(1)[0]
    torch.cuda.set_sync_debug_mode("error")
    try:
        supernet(x, arch).sum().backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_two_gpus_are_one_search_over_nccl(tmp_path: Path) -> None:
    configs = ROOT / "lightning_configs"
    command = [sys.executable, "-m", "tangle", "fit", "-c", str(configs / "quickstart.yaml"), "-c",
               str(configs / "trainer" / "ddp.yaml"), "--trainer.devices", "2",
               "--trainer.max_epochs", "2", "--run", str(tmp_path / "run")]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)  # which itself checks that ranks agree
    assert (tmp_path / "run" / "subnet").is_dir()
