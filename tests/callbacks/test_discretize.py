"""The architecture is on disk at all times, its network at the end."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, load_model

from tangle.algorithms import DARTS, SPOS
from tangle.callbacks import BatchCheckpoint, Discretize
from tangle.core import load_architecture, read_architecture_file
from tangle.modules import SubnetModule
from tests.planted import (
    KillAt,
    Killed,
    PlantedData,
    PlantedNet,
    make_search,
    make_trainer,
    planted_pair,
)


def test_there_is_an_architecture_before_the_first_epoch_ends(tmp_path: Path) -> None:
    module = make_search(DARTS)
    start = dict(module.algorithm.incumbents()["best"])
    with pytest.raises(Killed):
        make_trainer(tmp_path, 1, [Discretize(), KillAt(0, 1)]).fit(module, PlantedData())
    file = tmp_path / "architecture.yaml"
    assert load_architecture(file, module.supernet.space) == start
    assert read_architecture_file(file)["provenance"] == {
        "algorithm": "DARTS", "seed": 0, "epochs": 0, "metrics": {}
    }  # fmt: skip


def test_it_is_the_incumbent_after_each_epoch(tmp_path: Path) -> None:
    module, trainer = make_search(DARTS), make_trainer(tmp_path, 2, [Discretize()])
    trainer.fit(module, PlantedData())
    content = read_architecture_file(tmp_path / "architecture.yaml")
    assert content["architecture"] == module.supernet.space.describe(
        module.algorithm.incumbents()["best"]
    )
    assert content["provenance"]["epochs"] == 2
    metrics = content["provenance"]["metrics"]
    assert metrics["val/best/loss"] == float(trainer.callback_metrics["val/best/loss"])


def test_the_network_on_disk_computes_what_the_search_found(tmp_path: Path) -> None:
    module = make_search(DARTS, PlantedNet(norm=True))
    trainer = make_trainer(tmp_path, 2, [Discretize()])
    trainer.fit(module, PlantedData())
    best = load_architecture(tmp_path / "subnet" / "architecture.yaml", module.supernet.space)
    net = module.supernet.extract(best)
    load_model(net, str(tmp_path / "subnet" / "weights.safetensors"))
    x, _ = planted_pair(32, seed=9)
    torch.testing.assert_close(net.eval()(x), module.standalone(best).eval()(x))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["architecture.yaml", "subnet"]


def test_a_search_killed_after_its_last_epoch_gets_its_network_by_going_on(tmp_path: Path) -> None:
    callbacks = [Discretize(), BatchCheckpoint()]
    make_trainer(tmp_path, 1, callbacks).fit(make_search(), PlantedData())
    whole = load_file(tmp_path / "subnet" / "weights.safetensors")
    shutil.rmtree(tmp_path / "subnet")
    last = tmp_path / "checkpoints" / "last.ckpt"
    make_trainer(tmp_path, 1, callbacks).fit(make_search(), PlantedData(), ckpt_path=last)
    torch.testing.assert_close(load_file(tmp_path / "subnet" / "weights.safetensors"), whole)


def test_an_untrained_search_has_no_network(tmp_path: Path) -> None:
    make_trainer(tmp_path, 0, [Discretize()]).fit(make_search(), PlantedData())
    assert not (tmp_path / "subnet").exists()


def test_a_second_search_replaces_the_network(tmp_path: Path) -> None:
    for epochs in (1, 2):
        make_trainer(tmp_path, epochs, [Discretize()]).fit(make_search(), PlantedData())
    content = read_architecture_file(tmp_path / "subnet" / "architecture.yaml")
    assert content["provenance"]["epochs"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["architecture.yaml", "subnet"]


def test_a_two_stage_algorithm_leaves_the_choice_to_the_second(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tangle"):
        make_trainer(tmp_path, 1, [Discretize()]).fit(make_search(SPOS), PlantedData())
    assert "SPOS trains a supernet and names no best architecture: a second stage" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_of_a_subnet_in_training_only_the_architecture_is_kept(tmp_path: Path) -> None:
    from functools import partial

    search = make_search()
    module = SubnetModule(PlantedNet(), search.task, architecture="largest",
                          optimizer=partial(torch.optim.SGD, lr=0.1))  # fmt: skip
    make_trainer(tmp_path, 1, [Discretize()]).fit(module, PlantedData())
    assert [path.name for path in tmp_path.iterdir()] == ["architecture.yaml"]
