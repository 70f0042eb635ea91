"""What weight decay acts on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn


def parameter_groups(module: nn.Module, *, decay_vectors: bool) -> list[Any]:
    """Return the parameters of a module as an optimizer takes them.

    Args:
        module: The module.
        decay_vectors: Whether the optimizer's weight decay also acts on parameters of one
            dimension or none: biases, and scales of normalisations. Then there are no groups, so
            that the optimizer may make its own.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    return parameters if decay_vectors else decay_groups(parameters)


def decay_groups(params: Iterable[Tensor]) -> list[dict[str, Any]]:
    """Return groups of parameters of which only those of two dimensions or more decay.

    These do as the optimizer says.

    Raises:
        ValueError: If the parameters are in groups already.
    """
    tensors = list(params)
    if any(not isinstance(tensor, Tensor) for tensor in tensors):
        raise ValueError(
            "An optimizer that decays matrices only makes groups of its own, but is given "
            "parameters in groups: set decay_vectors to true, or choose another optimizer"
        )
    groups: list[dict[str, Any]] = [
        {"params": [t for t in tensors if t.ndim >= 2]},
        {"params": [t for t in tensors if t.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
