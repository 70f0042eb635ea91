from pathlib import Path

import pytest
from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.algorithms import DARTS
from tangle.callbacks import BatchCheckpoint, DropPathRamp
from tests.planted import KillAt, Killed, PlantedData, PlantedNet, make_search, make_trainer


class Dropping(PlantedNet):
    share = 1.0

    def ramp_drop_path(self, share):
        self.share = share


class Notes(Callback):
    """Notes the share that each batch sees."""

    def __init__(self) -> None:
        self.shares: list[float] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: object
    ) -> None:
        self.shares.append(pl_module.supernet.net.share)


def test_share_rises_linearly_over_the_epochs(tmp_path):
    notes = Notes()
    callbacks: list[Callback] = [DropPathRamp(), notes]
    make_trainer(tmp_path, 4, callbacks).fit(make_search(DARTS, Dropping()), PlantedData(batches=2))
    assert notes.shares == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


def test_a_run_that_resumes_inside_an_epoch_goes_on_with_the_epoch_s_share(tmp_path: Path) -> None:
    callbacks = [DropPathRamp(), BatchCheckpoint(every_n_batches=1), KillAt(1, 2)]
    with pytest.raises(Killed):
        make_trainer(tmp_path, 2, callbacks).fit(make_search(DARTS, Dropping()), PlantedData())
    notes = Notes()
    make_trainer(tmp_path, 2, [DropPathRamp(), notes]).fit(
        make_search(DARTS, Dropping()), PlantedData(), ckpt_path=tmp_path / "checkpoints/last.ckpt"
    )
    assert notes.shares == [0.5] * 4


def test_epochs_without_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"DropPathRamp goes by .* set trainer\.max_epochs"):
        make_trainer(tmp_path, -1, [DropPathRamp()], max_steps=4).fit(
            make_search(DARTS, Dropping()), PlantedData()
        )


def test_network_that_drops_no_paths_is_refused(tmp_path):
    with pytest.raises(ValueError, match="DropPathRamp needs a network that drops paths"):
        make_trainer(tmp_path, 1, [DropPathRamp()]).fit(make_search(DARTS), PlantedData())
