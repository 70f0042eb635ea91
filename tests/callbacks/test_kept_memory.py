from functools import partial

import pytest
import torch
from lightning.pytorch import Callback

from tangle.algorithms import DARTS
from tangle.callbacks import KeptMemory, kept_memory
from tests.planted import PlantedData, make_search, make_trainer


@pytest.fixture
def calls(monkeypatch):
    made = []

    def keep():
        made.append("keep")
        return True

    monkeypatch.setattr(kept_memory, "keep_freed_memory", keep)
    monkeypatch.setattr(kept_memory, "return_freed_memory", partial(made.append, "return"))
    return made


def test_a_run_on_the_cpu_keeps_memory_from_its_beginning_to_its_end(calls, tmp_path):
    make_trainer(tmp_path, 1, [KeptMemory()]).fit(make_search(DARTS), PlantedData())
    assert calls == ["keep", "return"]


def test_a_run_that_fails_hands_it_back(calls, tmp_path):
    class Failing(Callback):
        def on_train_batch_start(self, *_):
            raise RuntimeError("of the user")

    with pytest.raises(RuntimeError, match="of the user"):
        make_trainer(tmp_path, 1, [KeptMemory(), Failing()]).fit(make_search(DARTS), PlantedData())
    assert calls == ["keep", "return"]


def test_a_run_on_an_accelerator_keeps_nothing(calls, monkeypatch, tmp_path):
    trainer = make_trainer(tmp_path, 1, [])
    monkeypatch.setattr(type(trainer.strategy), "root_device", torch.device("cuda"))
    callback = KeptMemory()
    callback.setup(trainer, None, "fit")
    callback.teardown(trainer, None, "fit")
    assert calls == []
