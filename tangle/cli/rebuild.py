"""A search that is over, or paused, as objects again: for verbs that go on with its supernet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import yaml
from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.cli import LightningArgumentParser

# Imported so that a configuration can name their classes without their modules.
from tangle import algorithms, modules, spaces  # noqa: F401
from tangle import data as _data  # noqa: F401
from tangle.cli.run_folder import RunFolder
from tangle.modules import SearchModule
from tangle.modules.checkpoint import read_search_state


def rebuild(folder: RunFolder) -> tuple[SearchModule, LightningDataModule]:
    """Return a search and its data as the configuration says, with the weights of the checkpoint.

    Raises:
        FileNotFoundError: If the folder has no run, or the run no checkpoint.
        ValueError: If the run is no search, its supernet was not trained, or the checkpoint is of
            another search space than the configuration.
    """
    for part, remedy in (
        (folder.config, "give the folder that tangle fit --run wrote"),
        (folder.checkpoint, "train it by tangle fit, which keeps checkpoints by default"),
    ):
        if not part.is_file():
            raise FileNotFoundError(
                f"{folder.path} holds no trained supernet, as {part} does not exist: {remedy}"
            )
    module, data = _build(yaml.safe_load(folder.config.read_text(encoding="utf-8")), folder)
    checkpoint = torch.load(folder.checkpoint, map_location="cpu", weights_only=True)
    try:
        step = read_search_state(checkpoint, module.supernet.space)
    except ValueError as error:
        raise ValueError(f"{folder.checkpoint}: {error}") from None
    if step == 0:
        raise ValueError(
            f"The supernet in {folder.path} has not been trained for a single update: go on by "
            f"tangle fit --run {folder.path} --resume"
        )
    module.load_state_dict(checkpoint["state_dict"])
    module.search_step = step
    return module, data


def _build(
    config: Mapping[str, Any], folder: RunFolder
) -> tuple[SearchModule, LightningDataModule]:
    parser = LightningArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(LightningModule, "model", required=True)
    parser.add_subclass_arguments(LightningDataModule, "data", required=True)
    given = {"model": config["model"], "data": _seeded(config)}
    made = parser.instantiate_classes(parser.parse_object(given))
    if not isinstance(made.model, SearchModule):
        raise ValueError(
            f"{folder.path} holds no supernet, but a {type(made.model).__name__}: give the folder "
            "of a search"
        )
    return made.model, made.data


def _seeded(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the data, whose seed of 0 follows that of the run, as in training."""
    given = dict(config["data"])
    options = dict(given.get("init_args") or {})
    seed = config.get("seed_everything")
    if options.get("seed") == 0 and isinstance(seed, int) and not isinstance(seed, bool):
        options["seed"] = seed
    return {**given, "init_args": options}
