"""A search that is over, or paused, as objects again: for verbs that go on with its supernet."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.cli import LightningArgumentParser

from tangle.cli.run import make_data, read_config
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
    config = read_config(folder)
    module = _build_module(config, folder)
    checkpoint = torch.load(folder.whole_checkpoint(), map_location="cpu", weights_only=True)
    try:
        step = read_search_state(checkpoint, module.supernet.space)
    except ValueError as error:
        raise ValueError(f"{folder.checkpoint}: {error}") from None
    if step == 0:
        raise ValueError(
            f"The supernet in {folder.path} has not been trained for a single update: go on by "
            f"tangle fit --run {shlex.quote(str(folder.path))} --resume"
        )
    module.load_state_dict(checkpoint["state_dict"])
    module.search_step = step
    return module, make_data(config)


def _build_module(config: Mapping[str, Any], folder: RunFolder) -> SearchModule:
    parser = LightningArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(LightningModule, "model", required=True)
    made = parser.instantiate_classes(parser.parse_object({"model": config["model"]}))
    if not isinstance(made.model, SearchModule):
        raise ValueError(
            f"{folder.path} holds no supernet, but a {type(made.model).__name__}: give the folder "
            "of a search"
        )
    return made.model
