"""A whole configuration, as `tangle fit` takes it, with data or a module of any class."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ActionConfigFile  # type: ignore[attr-defined]
from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.cli import LightningArgumentParser
from torch import nn

# Imported so that a configuration can name their classes without their modules.
from tangle import algorithms, benchmarks, data, spaces  # noqa: F401
from tangle.cli.config_files import check_files
from tangle.cli.network_config import DEFAULTS, MODEL, add_ignored
from tangle.cli.run import make_data
from tangle.modules import SearchModule, SubnetModule  # noqa: F401
from tangle.modules.batches import first_batch
from tangle.modules.budgeting import first_input


def read_whole(files: Sequence[str], overrides: Sequence[str]) -> dict[str, Any]:
    """Return the whole configuration, its classes not yet made.

    Args:
        files: Paths of configurations, later ones over earlier ones.
        overrides: Options of `tangle fit` over them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If one is a folder or holds no configuration.
    """
    for file in files:
        if (Path(file) / "config.yaml").is_file():
            raise ValueError(
                f"{file} is a run's folder: give its configuration, {file}/config.yaml"
            )
        if not Path(file).is_file():
            raise FileNotFoundError(f"{file} does not exist: give a configuration by -c FILE")
    check_files(files)
    parser = LightningArgumentParser(exit_on_error=False, prog="tangle space", allow_abbrev=False)
    parser.add_argument("--config", action=ActionConfigFile)
    parser.add_subclass_arguments(LightningModule, "model", required=True)
    parser.add_subclass_arguments(LightningDataModule, "data", required=False)
    add_ignored(parser)
    model = {"class_path": MODEL, "init_args": DEFAULTS}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "defaults.yaml"
        base.write_text(yaml.safe_dump({"model": model}), encoding="utf-8")
        words = [word for file in (str(base), *files) for word in ("--config", file)]
        parsed = parser.parse_args([*words, *overrides])
    config: dict[str, Any] = yaml.safe_load(parser.dump(parsed, skip_none=False))
    return config


def own_network(options: dict[str, Any]) -> nn.Module:
    """Return the network that a module makes itself.

    Raises:
        ValueError: If it has no search space.
    """
    parser = LightningArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(LightningModule, "model", required=True)
    module = parser.instantiate_classes(parser.parse_object({"model": options["model"]})).model
    if not isinstance(module, SearchModule):
        raise ValueError(
            f"model is {type(module).__name__}, which has no search space: give the configuration "
            "of a search"
        )
    return module.supernet.net


def first_input_of(options: dict[str, Any]) -> Any:
    """Return an input of the data; None if they are not there, as nothing is downloaded here."""
    module = make_data(options)
    try:
        module.setup("fit")
        first = first_batch(module, "fit")
    except OSError:
        return None
    finally:
        module.teardown("fit")
    return first_input(first[0])
