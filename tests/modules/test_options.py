"""Checks let good values through; test_search.py has the bad ones."""

from pathlib import Path

import pytest
import yaml
from lightning.pytorch import Trainer

from tangle.modules.options import (
    at_least,
    check_arch_data,
    check_trainer,
    positive_or_none,
    share,
)
from tests.planted import make_search


def test_good_values_come_back() -> None:
    assert at_least(1, "n", 1) == 1
    assert positive_or_none("clip", None) is None
    assert positive_or_none("clip", 0.1) == 0.1
    assert [share("s", value) for value in (0, 1)] == [0, 1]


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="clip is nan"):
        positive_or_none("clip", float("nan"))
    with pytest.raises(ValueError, match="s is nan"):
        share("s", float("nan"))


@pytest.mark.parametrize("loaders", [{"weights": []}, [], None])
def test_data_without_an_arch_part_are_refused(loaders: object) -> None:
    with pytest.raises(ValueError, match="arch_fraction above 0"):
        check_arch_data(make_search().algorithm, loaders)


def test_layers_of_one_width_are_not_let_into_a_search() -> None:
    trainer = Trainer(accelerator="cpu", devices=1, strategy="ddp", sync_batchnorm=True,
                      logger=False, enable_checkpointing=False)  # fmt: skip
    with pytest.raises(ValueError, match=r"sync_batchnorm is true.*: leave it false"):
        check_trainer(trainer)


@pytest.mark.parametrize("name", ["ddp", "slurm"])
def test_shipped_options_for_several_ranks_are_fine_on_cpus(name: str) -> None:
    path = Path(__file__).parents[2] / "lightning_configs" / "trainer" / f"{name}.yaml"
    options = yaml.safe_load(path.read_text())["trainer"]
    trainer = Trainer(**options | {"accelerator": "cpu", "devices": 2, "logger": False})
    check_trainer(trainer)
    assert trainer.world_size == 2 * options["num_nodes"]
    assert type(trainer.strategy).__name__ == "DDPStrategy"
