from __future__ import annotations

from pathlib import Path

import pytest
from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.algorithms import OFA
from tangle.callbacks import ProgressiveShrinking
from tests.planted import PlantedData, make_search, make_trainer


class Notes(Callback):
    """Notes which candidates are open in each epoch."""

    def __init__(self) -> None:
        self.open: list[tuple[int, ...]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.open.append(pl_module.algorithm.open["width"])


def test_first_the_largest_alone_then_all(tmp_path: Path) -> None:
    notes = Notes()
    callbacks: list[Callback] = [ProgressiveShrinking([["width"]], warmup=0.5), notes]
    module = make_search(OFA, arch_optimizer=None, distillation=0.5)
    make_trainer(tmp_path, 4, callbacks).fit(module, PlantedData())
    assert notes.open[:2] == [(1,), (1,)]
    assert notes.open[-1] == (0, 1)


def test_candidates_open_one_after_the_other_in_the_order_of_the_phases() -> None:
    shrinking = ProgressiveShrinking([["kernel"], ["width"]], warmup=0.0)
    opened = [shrinking._opened(progress, 2) for progress in (-0.5, 0.0, 0.1, 0.5, 1.0, 2.0)]
    assert opened == [0, 0, 1, 2, 2, 2]


@pytest.mark.parametrize("phases", [[["depth"], ["width"]], [["depth"]]])
def test_phases_that_do_not_fit_the_space_are_refused(phases, tmp_path: Path) -> None:
    module = make_search(OFA, arch_optimizer=None)
    trainer = make_trainer(tmp_path, 1, [ProgressiveShrinking(phases)])
    with pytest.raises(ValueError, match=r"prefixes without a choice \['depth'\]"):
        trainer.fit(module, PlantedData())


def test_epochs_without_limit_are_refused(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, -1, [ProgressiveShrinking([["width"]])], max_steps=10)
    with pytest.raises(ValueError, match=r"ProgressiveShrinking goes by .*trainer\.max_epochs"):
        trainer.fit(make_search(OFA, arch_optimizer=None), PlantedData())


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="phases is empty"):
        ProgressiveShrinking([])
    with pytest.raises(ValueError, match=r"warmup is 1.0: it must be in \[0, 1\)"):
        ProgressiveShrinking([["width"]], warmup=1.0)
