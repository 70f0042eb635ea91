"""A search on several ranks: `-m tests.ddp_search FOLDER RANKS ALGORITHM [ORDER] [DIVERGES]`.

The order is `first` or `unroll`. With `alphas` or `weights` last, the second rank changes one of
those by itself. Started by two agents of torchrun, it is a search on two nodes.
"""

from __future__ import annotations

import math
import os
import sys
from functools import partial
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.optim import SGD
from torch.profiler import ProfilerActivity, profile

import tangle.nn as tnn
from tangle import algorithms
from tangle.callbacks import ReplicaCheck
from tangle.core import Choice
from tests.planted import CLASSES, PlantedData, make_search

WIDTH, DEPTH = Choice("width", (2, 8)), Choice("depth", (0, 1, 2))


class Exchanges(Callback):
    """Notes all that ranks exchange in each architecture step, by whom ever it is asked for.

    The profiler sees the exchanges themselves, those of DDP's own as well.
    """

    def __init__(self) -> None:
        self.counts: list[list[int]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        step = pl_module._step

        def watched(purpose: str, window: list[object]) -> Tensor:
            if purpose != "arch" or trainer.world_size == 1:
                return step(purpose, window)
            with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
                loss = step(purpose, window)
            exchanges = [e for e in profiler.events() if e.name.startswith("gloo:")]
            self.counts.append([math.prod(*e.input_shapes) for e in exchanges])
            return loss

        pl_module._step = watched


class Alphas(Callback):
    """Keeps the alphas of each epoch's end."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, Tensor]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        state = pl_module.algorithm.state_dict()
        self.epochs.append({name: value.clone() for name, value in state.items()})


class Diverge(Callback):
    """Changes the alphas or the weights of one rank."""

    def __init__(self, what: str) -> None:
        self.what = what

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *arguments: object
    ) -> None:
        part = pl_module.algorithm if self.what == "alphas" else pl_module.supernet
        if trainer.global_rank == 1:
            next(part.parameters()).data[0] += 1e-9


def main(folder: str, ranks: str, algorithm: str, order: str = "first", diverges: str = "") -> None:
    """Search, and save the state of each rank and what it exchanged."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = nn.Sequential(
        tnn.Linear(4, WIDTH),
        tnn.Stack(DEPTH, [nn.Sequential(tnn.Linear(WIDTH, WIDTH), nn.Tanh()) for _ in range(2)]),
        tnn.Linear(WIDTH, CLASSES),
    )
    options = {"weight_optimizer": partial(SGD, lr=0.1, momentum=0.9), "accumulate": 2}
    options["unrolled"] = order == "unroll"
    module = make_search(getattr(algorithms, algorithm), net, **options)
    exchanges, alphas = Exchanges(), Alphas()
    trainer = Trainer(
        accelerator="cpu", strategy="ddp" if ranks != "1" else "auto",
        num_nodes=(nodes := int(os.environ.get("GROUP_WORLD_SIZE", "1"))),
        devices=int(ranks) // nodes,
        max_epochs=2, precision="64-true", default_root_dir=folder,
        callbacks=[exchanges, alphas, ReplicaCheck(), *([Diverge(diverges)] if diverges else [])],
        logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, use_distributed_sampler=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(module, PlantedData(batches=5))
    state = {"state": module.state_dict(), "counts": exchanges.counts, "alphas": alphas.epochs}
    torch.save(
        state | {"metrics": dict(trainer.callback_metrics)},
        Path(folder) / f"{ranks}_{trainer.global_rank}.pt",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
