import pytest
import torch
from lightning.pytorch import Callback

from tangle.callbacks import BatchCheckpoint, StopOnNonFinite
from tests.planted import PlantedData, PlantedNet, make_search, make_trainer


class Poison(Callback):
    """Puts a number that is none into the inputs of one batch."""

    def __init__(self, epoch, batch):
        self.when = (epoch, batch)

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if (trainer.current_epoch, batch_idx) == self.when:
            batch["weights"][0][0] = torch.nan


def fit(folder, *callbacks, epochs=3):
    trainer = make_trainer(folder, epochs, callbacks=callbacks)
    trainer.fit(make_search(), PlantedData())


def test_a_poisoned_batch_stops_the_search_within_its_epoch(tmp_path):
    with pytest.raises(FloatingPointError, match=r"not finite any more, in epoch 1.*--resume"):
        fit(tmp_path, Poison(1, 2), StopOnNonFinite())


def test_it_stops_within_the_interval(tmp_path):
    seen = []

    class Count(Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            seen.append(batch_idx)

    with pytest.raises(FloatingPointError):
        fit(tmp_path, Count(), Poison(0, 2), StopOnNonFinite(every_n_batches=2))
    assert max(seen) == 3


def test_the_last_checkpoint_is_from_before(tmp_path):
    checkpoint = BatchCheckpoint(every_n_batches=1)
    with pytest.raises(FloatingPointError):
        fit(tmp_path, Poison(1, 2), checkpoint, StopOnNonFinite())
    state = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert state["epoch"] == 1
    assert all(value.isfinite().all() for value in state["state_dict"].values())


def test_a_sound_search_goes_on(tmp_path):
    fit(tmp_path, StopOnNonFinite(every_n_batches=1))


def test_a_mask_of_infinities_stops_nothing_but_what_turns_so_does(tmp_path):
    def search():
        net = PlantedNet()
        net.register_buffer("mask", torch.full((3, 3), -torch.inf).triu(1))
        net.register_buffer("mean", torch.zeros(3))
        return make_search(net=net)

    class Turns(Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            pl_module.supernet.net.mean[1] = torch.inf

    callbacks = [BatchCheckpoint(), StopOnNonFinite(every_n_batches=1)]
    make_trainer(tmp_path, 1, callbacks).fit(search(), PlantedData())
    with pytest.raises(FloatingPointError, match=r"net\.mean is not finite any more"):
        make_trainer(tmp_path, 1, [*callbacks, Turns()]).fit(search(), PlantedData())


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match="every_n_batches is 0"):
        StopOnNonFinite(0)
