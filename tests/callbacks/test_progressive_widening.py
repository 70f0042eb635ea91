"""A search through the stages of a planted network, of which a hidden width is staged."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn

import tangle.nn as tnn
from tangle.algorithms import SPOS
from tangle.callbacks import (
    BatchCheckpoint,
    ProgressivePruning,
    ProgressiveWidening,
    SearchHealth,
)
from tangle.core import Choice
from tangle.metrics import count_macs, count_parameters
from tangle.modules import Budget, SearchModule
from tangle.nn import Staged
from tests.planted import (
    KillAt,
    Killed,
    PlantedData,
    PlantedNet,
    make_search,
    make_trainer,
    snapshot,
)

HIDDEN = Choice("hidden", (4, 8, 16))


class StagedNet(nn.Module):
    """Two widths: one is searched, the other one is that of the stage."""

    def __init__(self) -> None:
        super().__init__()
        width = Choice("width", (1, 8))
        self.layers = nn.Sequential(
            tnn.Linear(4, width),
            Staged(
                nn.Sequential(
                    tnn.Linear(width, HIDDEN), tnn.BatchNorm1d(HIDDEN), nn.Tanh(),
                    tnn.Linear(HIDDEN, 4),
                ), HIDDEN,
            ),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


def stage_of(module: LightningModule) -> int:
    (staged,) = (part for part in module.modules() if isinstance(part, Staged))
    return staged.stage


class Notes(Callback):
    """Notes the stage at the end of each epoch, and the weights that learned nothing so far."""

    def __init__(self) -> None:
        self.stages: list[int] = []
        self.untrained: list[int] = []

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.start = snapshot(pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.stages.append(stage_of(pl_module))
        name = "supernet.net.layers.1.module.0.weight"
        same = snapshot(pl_module)[name] == self.start[name]
        self.untrained.append(int(same.all(1).sum()))


def search() -> SearchModule:
    return make_search(net=StagedNet())


def test_a_search_goes_through_its_stages_from_narrow_to_wide(tmp_path: Path) -> None:
    notes = Notes()
    callbacks: list[Callback] = [ProgressiveWidening([0.5, 0.75]), notes]
    make_trainer(tmp_path, 4, callbacks).fit(search(), PlantedData())
    assert notes.stages == [0, 0, 1, 2]
    assert notes.untrained == [12, 12, 8, 0]


def test_weights_that_wait_for_their_stage_are_no_finding(tmp_path: Path) -> None:
    callbacks: list[Callback] = [ProgressiveWidening([0.5, 0.75]), SearchHealth()]
    make_trainer(tmp_path, 4, callbacks).fit(search(), PlantedData())
    with (tmp_path / "health.csv").open() as file:
        findings = [row["findings"] for row in csv.DictReader(file)]
    assert len(findings) == 4
    assert not any("no gradient" in finding for finding in findings)


def test_candidates_are_pruned_at_the_same_point(tmp_path: Path) -> None:
    module = search()
    callbacks: list[Callback] = [ProgressivePruning([(0.3, 1)]), ProgressiveWidening([0.3, 0.9])]
    make_trainer(tmp_path, 3, callbacks).fit(module, PlantedData())
    assert stage_of(module) == 1  # the last one would begin after the last epoch
    assert len(module.algorithm.open["width"]) == 1


@pytest.mark.parametrize("budget", [Budget(max_macs=100), Budget(max_params=140)])
def test_a_budget_limits_the_network_of_the_last_stage(budget: Budget, tmp_path: Path) -> None:
    net = StagedNet()
    net.layers[1].begin(0)  # in which the wider architecture has 80 and 104
    module = make_search(net=net, budget=budget)
    with torch.no_grad():
        for alpha in module.algorithm.parameters():
            alpha.zero_()[1] = 9.0
    make_trainer(tmp_path, 3, [ProgressiveWidening([0.3, 0.6])]).fit(module, PlantedData())
    found = module.standalone(module.algorithm.incumbents()["best"])
    assert (count_macs(found, torch.zeros(1, 4)), count_parameters(found)) == (84, 137)


def test_counting_for_a_budget_leaves_the_first_stage_as_it_is(tmp_path: Path) -> None:
    notes = Notes()
    module = make_search(net=StagedNet(), budget=Budget(max_macs=100))
    make_trainer(tmp_path, 2, [ProgressiveWidening([0.5, 0.75]), notes]).fit(module, PlantedData())
    assert notes.stages == [0, 1]


def test_a_search_without_alphas_widens_too(tmp_path: Path) -> None:
    module = make_search(SPOS, StagedNet(), arch_optimizer=None)
    make_trainer(tmp_path, 3, [ProgressiveWidening([0.3, 0.6])]).fit(module, PlantedData())
    assert stage_of(module) == 2


@pytest.mark.parametrize("when", [(1, 3), (2, 0), (2, 3), (3, 4)])
def test_a_resumed_search_is_in_its_stage_and_ends_the_same(
    when: tuple[int, int], tmp_path: Path
) -> None:
    def run(*callbacks: Callback, resume: str | None = None) -> SearchModule:
        module = search()
        every = [ProgressiveWidening([0.5, 0.75]), BatchCheckpoint(every_n_batches=1)]
        trainer = make_trainer(tmp_path, 4, [*every, *callbacks])
        trainer.fit(module, PlantedData(), ckpt_path=resume, weights_only=True)
        return module

    whole = snapshot(run())
    with pytest.raises(Killed):
        run(KillAt(*when))
    resumed = run(resume=str(tmp_path / "checkpoints" / "last.ckpt"))
    assert stage_of(resumed) == 2
    torch.testing.assert_close(snapshot(resumed), whole, rtol=0, atol=0)


def test_a_checkpoint_is_in_the_stage_it_was_written_in(tmp_path: Path) -> None:
    module = search()
    callbacks: list[Callback] = [
        ProgressiveWidening([0.5, 0.75]), BatchCheckpoint(every_n_batches=1), KillAt(2, 1)
    ]  # fmt: skip
    with pytest.raises(Killed):
        make_trainer(tmp_path, 4, callbacks).fit(module, PlantedData())
    checkpoint = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    other = search()
    assert stage_of(other) == 2
    other.load_state_dict(checkpoint["state_dict"])
    assert stage_of(other) == 1
    assert other.supernet.extract({"width": 1}).layers[1][0].out_features == 8


@pytest.mark.parametrize(
    ("net", "shares", "message"),
    [
        (StagedNet, [0.5], "1 shares, for 2 stages, but the network has 3 stages"),
        (PlantedNet, [0.5], "has no stages: give partial_channels a number of parts for each"),
    ],
)
def test_other_stages_than_those_of_the_network_are_refused(
    net: type[nn.Module], shares: list[float], message: str, tmp_path: Path
) -> None:
    trainer = make_trainer(tmp_path, 2, [ProgressiveWidening(shares)])
    with pytest.raises(ValueError, match=message):
        trainer.fit(make_search(net=net()), PlantedData())


@pytest.mark.parametrize("shares", [[1.0], [0.5, 0.3]])
def test_shares_out_of_order_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match=r"shares have the shares .* must rise"):
        ProgressiveWidening(shares)
