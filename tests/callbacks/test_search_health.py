import logging
import math

import pytest
import torch
from lightning.pytorch import Callback
from torch import nn

import tangle.nn as tnn
from tangle import Choice
from tangle.algorithms import DARTS, SPOS
from tangle.callbacks import BatchCheckpoint, SearchHealth
from tangle.core.table import read_table
from tests.planted import CLASSES, PlantedData, make_search, make_trainer


@pytest.fixture(autouse=True)
def log(caplog):
    caplog.set_level(logging.WARNING, "tangle")
    return caplog


def fit(folder, search, *callbacks, epochs=2):
    trainer = make_trainer(folder, epochs, callbacks=[SearchHealth(), *callbacks])
    trainer.fit(search, PlantedData())
    return read_table(folder / "health.csv")


def test_a_sound_search_has_nothing_to_find(tmp_path, log):
    rows = fit(tmp_path, make_search())
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert all(row["findings"] == "" for row in rows)
    assert not log.records


def test_entropy_and_margin_are_those_of_the_alphas(tmp_path):
    search = make_search(DARTS)
    row = fit(tmp_path, search)[-1]
    ((_, alpha),) = search.algorithm.arch_parameters.items()
    p = alpha.detach().softmax(0).tolist()
    entropy = -sum(w * math.log(w) for w in p) / math.log(2)
    assert float(row["entropy"]) == pytest.approx(entropy, abs=1e-5)
    assert float(row["margin"]) == pytest.approx(abs(p[0] - p[1]), abs=1e-5)


def test_loggers_get_entropy_and_margin(tmp_path):
    trainer = make_trainer(tmp_path, 1, callbacks=[SearchHealth()])
    trainer.fit(make_search(DARTS), PlantedData())
    (row,) = read_table(tmp_path / "health.csv")
    for name in ("entropy", "margin"):
        logged = float(trainer.logged_metrics[f"health/{name}"])
        assert logged == pytest.approx(float(row[name]), abs=1e-6)


def test_the_two_losses_are_those_of_the_first_validation_batches(tmp_path):
    search = make_search(DARTS)
    row = fit(tmp_path, search, epochs=1)[-1]
    weights = {n: a.detach().softmax(0) for n, a in search.algorithm.arch_parameters.items()}
    batches = [b for b, _ in zip(PlantedData().val_dataloader(), range(4), strict=False)]
    for column, arch in (("relaxed_loss", weights),
                         ("discrete_loss", search.algorithm.incumbents()["best"])):  # fmt: skip
        with torch.no_grad():
            losses = [search.task.loss(search.supernet(x, arch), y) for x, y in batches]
        assert float(row[column]) == pytest.approx(float(sum(losses)) / 4, abs=1e-5)


class Detached(DARTS):
    def weigh(self, alpha):
        return 0 * alpha + alpha.detach().softmax(0)


def test_a_detached_alpha_is_named_within_an_epoch(tmp_path, log):
    rows = fit(tmp_path, make_search(Detached), epochs=1)
    assert "the alphas of width have had no gradient, 2 of 2 indices" in rows[0]["findings"]
    assert "the alphas of width have had no gradient" in log.text


class Cut(nn.Module):
    """A part of the input layer is never read."""

    def __init__(self) -> None:
        super().__init__()
        width = Choice("width", (4, 8))
        self.first, self.second = tnn.Linear(4, width), tnn.Linear(width, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.first(x).tanh()
        return self.second(torch.cat([hidden[:, :-1], 0 * hidden[:, -1:]], 1))


def test_a_slice_of_a_weight_without_gradient_is_named_once(tmp_path, log):
    rows = fit(tmp_path, make_search(net=Cut(), check_network=False))
    assert "first.weight has had no gradient, 1 of 8 indices of dimension 0" in rows[1]["findings"]
    assert log.text.count("first.weight has had no gradient") == 1


class OnlySkipsHelp(nn.Module):
    """Every operation other than the skip throws the input away."""

    def __init__(self) -> None:
        super().__init__()
        self.edges = nn.Sequential(*(
            tnn.OneOf(Choice(f"edge{i}", ("noise", "skip")),
                      {"noise": nn.Threshold(1e9, 0.0), "skip": nn.Identity()})
            for i in range(3)
        ))  # fmt: skip
        self.head = nn.Linear(4, CLASSES)
        nn.init.zeros_(self.head.weight)  # so that what is learned first is that x helps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.edges(x))


def test_a_search_that_skips_everything_is_named_within_an_epoch(tmp_path, log):
    adam = lambda p: torch.optim.Adam(p, lr=0.05)  # noqa: E731
    search = make_search(DARTS, OnlySkipsHelp(), arch_optimizer=adam)
    trainer = make_trainer(tmp_path, 1, callbacks=[SearchHealth()])
    trainer.fit(search, PlantedData(batches=60))
    assert "all decisions are skip: try" in read_table(tmp_path / "health.csv")[0]["findings"]
    assert log.text.count("all decisions are skip") == 1


def test_an_algorithm_without_alphas_is_watched_for_weights_only(tmp_path):
    rows = fit(tmp_path, make_search(SPOS), epochs=3)
    assert set(rows[0]) == {"epoch", "findings"}
    assert rows[-1]["findings"] == ""


class StopAfterEpoch(Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        trainer.should_stop = True


def test_a_resumed_search_keeps_its_rows(tmp_path):
    fit(tmp_path, make_search(), StopAfterEpoch(), BatchCheckpoint(), epochs=3)
    trainer = make_trainer(tmp_path, 3, callbacks=[SearchHealth()])
    path = tmp_path / "checkpoints" / "last.ckpt"
    trainer.fit(make_search(), PlantedData(), ckpt_path=path, weights_only=True)
    assert [row["epoch"] for row in read_table(tmp_path / "health.csv")] == ["0", "1", "2"]


def test_a_negative_number_of_batches_is_refused():
    with pytest.raises(ValueError, match="loss_batches is -1"):
        SearchHealth(-1)
