"""What a search adds to Lightning's checkpoints, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

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


def load_network_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Return the weights of an extracted network.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"There are no weights {path}: give weights.safetensors of a folder that tangle "
            "extract wrote"
        )
    return load_file(path)


def fill(net: nn.Module, state: Mapping[str, torch.Tensor], *, source: str | Path,
         without: nn.Module | None = None) -> None:  # fmt: skip
    """Give a network the weights of a file.

    Args:
        net: The network. One of several names of a shared tensor is enough.
        state: The weights; those of buffers that the network makes itself may be among them.
        source: Where they are from, for messages.
        without: A layer that keeps its own.

    Raises:
        ValueError: If names or shapes are not those of the network.
    """
    kept = {id(tensor) for tensor in without.state_dict(keep_vars=True).values()} if without else ()
    own = net.state_dict(keep_vars=True)
    given = {
        name: tensor for name, tensor in state.items()
        if name not in own or id(own[name]) not in kept
    }  # fmt: skip
    for name in own:
        if name in given and own[name].shape != given[name].shape:
            raise ValueError(
                f"{source} has {name} of the shape {list(given[name].shape)}, but the network's "
                f"has {list(own[name].shape)}: give the architecture, channels, sizes and "
                "classes that the weights are of; for other classes set new_head"
            )
    reached = {id(own[name]) for name in given if name in own} | set(kept)
    missing = [name for name, tensor in own.items() if id(tensor) not in reached]
    made = {name for name, _ in net.named_buffers(remove_duplicate=False)} - own.keys()
    unknown = sorted(given.keys() - own.keys() - made)
    if missing or unknown:
        raise ValueError(
            f"{source} does not fit the network: it lacks {missing[:3]} and has {unknown[:3]} "
            "beside; use the configuration and the architecture that it was written with"
        )
    net.load_state_dict({n: t for n, t in given.items() if n in own}, strict=False)
