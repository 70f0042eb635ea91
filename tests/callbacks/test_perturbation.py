"""What the supernet misses most is selected, whatever the alphas say, and is what a run keeps."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

import tangle.nn as tnn
from tangle.algorithms import DARTS, GDAS, SPOS, DrNAS, SearchAlgorithm
from tangle.callbacks import BatchCheckpoint, Discretize, PerturbationSelection
from tangle.core import Choice, read_architecture_file
from tangle.modules import SearchModule
from tests.planted import (
    CLASSES,
    KillAt,
    Killed,
    PlantedData,
    PlantedNet,
    make_search,
    make_trainer,
    snapshot,
)

WIDTHS = [Choice(f"width_{i}", (1, 4, 8)) for i in range(3)]


def chain() -> nn.Module:
    sizes: list[Any] = [4, *WIDTHS, CLASSES]
    layers = [tnn.Linear(i, o) for i, o in pairwise(sizes)]
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.Tanh())))


class Open(Callback):
    """Notes how many candidates are open after each epoch."""

    def __init__(self) -> None:
        self.counts: list[list[int]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.counts.append([len(left) for left in pl_module.algorithm.open.values()])


@pytest.mark.parametrize("algorithm", [DARTS, DrNAS, GDAS])
def test_the_better_candidate_is_selected_against_the_alphas(
    algorithm: type[SearchAlgorithm], tmp_path: Path
) -> None:
    module = make_search(algorithm, arch_every=10_000)
    (alpha,) = module.algorithm.parameters()
    alpha.data = torch.tensor([0.5, 0.0])  # the narrow one, and in a mixture of both still
    trainer = make_trainer(tmp_path, 10, [PerturbationSelection(), Discretize()])
    trainer.fit(module, PlantedData())
    assert int(alpha.argmax()) == 0
    for file in ("architecture.yaml", "subnet/architecture.yaml"):
        assert read_architecture_file(tmp_path / file)["architecture"] == {"width": 8}


def test_metrics_of_the_run_are_those_of_the_selected_architecture(tmp_path: Path) -> None:
    module = make_search(DARTS, arch_every=10_000)
    trainer = make_trainer(tmp_path, 5, [PerturbationSelection(), Discretize()])
    trainer.fit(module, PlantedData())
    written = read_architecture_file(tmp_path / "architecture.yaml")["provenance"]["metrics"]
    again = trainer.validate(module, PlantedData(), verbose=False)[0]
    assert written == pytest.approx(again)


def test_all_decisions_are_made_in_the_last_epoch_or_spread_with_training_between() -> None:
    for tune_epochs, epochs, expected in ((0, 3, [9, 9, 3]), (1, 4, [9, 7, 5, 3]),
                                          (2, 5, [7, 7, 5, 5, 3])):  # fmt: skip
        noted = Open()
        callbacks = [PerturbationSelection(tune_epochs, max_batches=1), noted]
        make_trainer(epochs=epochs, callbacks=callbacks).fit(
            make_search(DARTS, chain()), PlantedData(batches=2)
        )
        assert [sum(counts) for counts in noted.counts] == expected


def test_it_leaves_weights_statistics_modes_and_the_random_state_alone() -> None:
    class Watch(PerturbationSelection):
        def on_train_batch_end(self, trainer: Any, pl_module: Any, *rest: Any) -> None:
            before = snapshot(pl_module.supernet), torch.get_rng_state()
            super().on_train_batch_end(trainer, pl_module, *rest)
            torch.testing.assert_close(snapshot(pl_module.supernet), before[0], rtol=0, atol=0)
            assert torch.equal(torch.get_rng_state(), before[1])
            assert all(part.training for part in pl_module.supernet.modules())

    module = make_search(DrNAS, PlantedNet(norm=True))
    make_trainer(callbacks=[Watch()]).fit(module, PlantedData())
    assert module.algorithm.open["width"] in ((0,), (1,))


def test_all_candidates_are_judged_under_the_same_draws() -> None:
    module, draws = make_search(DrNAS, chain()), []
    draw = module.algorithm.draw

    def noted(step: int, purpose: str = "weights") -> Any:
        if purpose == "selection":
            draws.append(step)
        return draw(step, purpose)

    module.algorithm.draw = noted  # type: ignore[method-assign]
    make_trainer(callbacks=[PerturbationSelection(max_batches=2)]).fit(module, PlantedData())
    assert draws == [0, 1] * 9


def test_a_resumed_selection_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    def callbacks(*more: Callback) -> list[Callback]:
        return [PerturbationSelection(tune_epochs=1), BatchCheckpoint(), *more]

    whole = make_search(DrNAS, chain())
    make_trainer(tmp_path / "whole", 4, callbacks()).fit(whole, PlantedData())
    with pytest.raises(Killed):
        make_trainer(tmp_path, 4, callbacks(KillAt(2, 3))).fit(
            make_search(DrNAS, chain()), PlantedData()
        )
    resumed = make_search(DrNAS, chain())
    last = tmp_path / "checkpoints" / "last.ckpt"
    make_trainer(tmp_path, 4, callbacks()).fit(resumed, PlantedData(), ckpt_path=last)
    assert resumed.algorithm.open == whole.algorithm.open
    torch.testing.assert_close(snapshot(resumed), snapshot(whole), rtol=0, atol=0)


def test_loaders_without_a_data_module_are_enough() -> None:
    module, data = make_search(DARTS), PlantedData()
    trainer = make_trainer(callbacks=[PerturbationSelection()])
    trainer.fit(module, data.train_dataloader(), data.val_dataloader())
    assert len(module.algorithm.open["width"]) == 1


def test_a_metric_to_be_small_is_as_good() -> None:
    module = make_search(DARTS, arch_every=10_000)
    module.task.monitor, module.task.larger_is_better = "loss", False
    make_trainer(epochs=10, callbacks=[PerturbationSelection()]).fit(module, PlantedData())
    assert module.algorithm.open == {"width": (1,)}


def refused(message: str, selection: PerturbationSelection, module: SearchModule, **options: Any
            ) -> None:  # fmt: skip
    with pytest.raises(ValueError, match=message):
        make_trainer(callbacks=[selection], **options).fit(module, PlantedData())
    assert module.search_step == 0


def test_what_it_needs_is_checked_before_training() -> None:
    refused("needs an algorithm with alphas, but .* SPOS", PerturbationSelection(),
            make_search(SPOS))  # fmt: skip
    refused("set the data's val_fraction and trainer.limit_val_batches", PerturbationSelection(),
            make_search(DARTS), limit_val_batches=0)  # fmt: skip
    refused(r"tune_epochs is 2, so the 3 decisions need 5 epochs, but trainer.max_epochs is 4",
            PerturbationSelection(2), make_search(DARTS, chain()), epochs=4)  # fmt: skip


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="tune_epochs is -1: it must be at least 0"):
        PerturbationSelection(-1)
    with pytest.raises(ValueError, match="max_batches is 0: it must be at least 1"):
        PerturbationSelection(max_batches=0)


def test_the_score_is_that_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: accuracy of the mixture at equal alphas without each candidate."""
    module = make_search(DARTS, arch_every=10_000)
    (alpha,) = module.algorithm.parameters()
    alpha.data.zero_()
    selection, data = PerturbationSelection(), PlantedData()
    trainer = make_trainer(epochs=2, callbacks=[selection])
    trainer.fit(module, data)
    module.algorithm.restrict("width", [0, 1])
    x, target = (torch.cat(parts) for parts in zip(*data.val_dataloader(), strict=True))

    def accuracy(weights: Tensor) -> float:
        with torch.no_grad():
            return float((module(x, {"width": weights}).argmax(1) == target).float().mean())

    for left, weights in (((0, 1), [0.5, 0.5]), ((0,), [1.0, 0.0]), ((1,), [0.0, 1.0])):
        score = selection._score(trainer, module, {"width": left})
        assert score == pytest.approx(accuracy(torch.tensor(weights)))
