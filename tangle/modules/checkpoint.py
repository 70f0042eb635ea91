"""What a search adds to Lightning's checkpoints, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from tangle.core import SearchSpace

SEARCH = "tangle_search"
"""Key under which a checkpoint says how many updates were made, and in which space."""


def search_state(step: int, space: SearchSpace) -> dict[str, Any]:
    """Return what a search adds to a checkpoint, in plain values."""
    return {"step": step, "space": space.hash}


def read_search_state(checkpoint: Mapping[str, Any], space: SearchSpace) -> int:
    """Return the number of updates made so far.

    Raises:
        ValueError: If the checkpoint is not of a search, or of another search space.
    """
    if SEARCH not in checkpoint:
        raise ValueError("This is no checkpoint of a search: give one that a SearchModule wrote")
    found = checkpoint[SEARCH]["space"]
    if found != space.hash:
        raise ValueError(
            f"The checkpoint belongs to the search space {found}, but this network has the space "
            f"{space.hash}: use the configuration that the supernet was trained with"
        )
    return int(checkpoint[SEARCH]["step"])


def load_supernet_weights(path: str | Path, space: SearchSpace) -> dict[str, torch.Tensor]:
    """Return the state of the supernet in a search checkpoint, without a prefix.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not the checkpoint of a search in this space.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no checkpoint {path}: give one that a search wrote")
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    read_search_state(checkpoint, space)
    prefix = "supernet."
    state = checkpoint["state_dict"]
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
