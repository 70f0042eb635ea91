"""Weights of a plain network for the supernet whose largest network it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import tangle.nn as tnn

_LISTED = 3
"""Names in a message."""


def load_largest(
    net: nn.Module,
    path: str | Path,
    *,
    rename: Callable[[str], str] = lambda name: name,
    without: str | None = None,
) -> None:
    """Give a supernet's network the weights of its largest architecture, or of all of it.

    The file is a `safetensors` one, or one of `torch.save` with plain tensors: a state dictionary,
    by itself or under `state_dict`. Names are those of the extracted network, with or without
    `net.` before them, or the supernet's. Kernel transforms, which a plain network does not have,
    stay as they are where the file has none, and so do counts of batches.

    Args:
        net: The network, with its choices.
        path: The file.
        rename: Gives a name of this network for a name of the file.
        without: Name of a part of the network that keeps its weights, such as the head.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file holds no weights, or others than the network has.
    """
    own = net.state_dict()
    aliases = {_without_stacks(net, name): name for name in own}
    given: dict[str, Tensor] = {}
    for name, tensor in _read(path).items():
        plain = rename(name.removeprefix("net."))
        given[aliases.get(plain, plain)] = tensor
    if without is not None:
        given = {n: t for n, t in given.items() if not n.startswith(f"{without}.")}
    optional = _optional(net, without)
    missing = [name for name in own if name not in given and name not in optional]
    unknown = [name for name in given if name not in own]
    if missing or unknown:
        raise ValueError(
            f"{path} does not fit {type(net).__name__}: it lacks {missing[:_LISTED]} and has "
            f"{unknown[:_LISTED]} beside; give weights of the network's largest architecture"
        )
    for name, tensor in given.items():
        if tensor.shape != own[name].shape:
            raise ValueError(
                f"{path} has {name} of the shape {list(tensor.shape)}, but the largest network of "
                f"{type(net).__name__} has {list(own[name].shape)}: build the network with the "
                "candidates, width, channels and classes that the weights are of; for other "
                "classes set new_head"
            )
    net.load_state_dict(given, strict=False)


def _read(path: str | Path) -> Mapping[str, Tensor]:
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {path} of pretrained weights: give its path")
    try:
        if Path(path).suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever unpickling makes of bytes that are something else
        raise ValueError(
            f"{path} can't be read as weights: give a safetensors file, or one of torch.save that "
            "holds nothing but tensors"
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(state, dict) or not all(isinstance(t, Tensor) for t in state.values()):
        raise ValueError(f"{path} holds no state dictionary: give names and tensors of a network")
    return state


def _without_stacks(net: nn.Module, name: str) -> str:
    """Return the name that a tensor has in an extracted network, where stacks are plain chains."""
    for path, module in net.named_modules():
        if isinstance(module, tnn.Stack):
            name = name.replace(f"{path}.blocks.", f"{path}.", 1)
    return name


def _optional(net: nn.Module, without: str | None) -> set[str]:
    """Return names that a file may lack."""
    parts = [p for p, m in net.named_modules() if isinstance(m, tnn.KernelTransforms)]
    parts += [] if without is None else [without]
    return {
        name
        for name in net.state_dict()
        if name.endswith("num_batches_tracked") or name.startswith(tuple(f"{p}." for p in parts))
    }
