"""A configuration with data, or with a module that makes its network, is read with Lightning."""

from __future__ import annotations

from pathlib import Path

import pytest
from lightning.pytorch import LightningModule

from tangle.cli.whole_config import first_input_of, own_network, read_whole

CONFIGS = Path(__file__).parents[2] / "lightning_configs"
TOY = str(CONFIGS / "spaces" / "toy_conv_macro.yaml")


class Plain(LightningModule):
    """A module without a search."""


def test_data_that_are_there_give_an_input() -> None:
    options = read_whole([str(CONFIGS / "quickstart.yaml")], [])
    assert options["data"]["init_args"]["batch_size"] == 64
    assert first_input_of(options).shape == (1, 1, 28, 28)


def test_data_that_are_not_there_give_none(tmp_path: Path) -> None:
    words = ["--data=tangle.data.CIFAR10", f"--data.root={tmp_path}"]
    assert first_input_of(read_whole([TOY], words)) is None


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist: give a configuration by -c"):
        read_whole([str(tmp_path)], [])
    (tmp_path / "config.yaml").touch()
    with pytest.raises(ValueError, match="is a run's folder: give its configuration"):
        read_whole([str(tmp_path)], [])


def test_a_module_without_a_search_has_no_space() -> None:
    options = {"model": {"class_path": "tests.cli.test_whole_config.Plain"}}
    with pytest.raises(ValueError, match="model is Plain, which has no search space"):
        own_network(options)
