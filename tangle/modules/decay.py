"""What weight decay acts on."""

from __future__ import annotations

from typing import Any

from torch import nn


def parameter_groups(module: nn.Module, *, decay_vectors: bool) -> list[dict[str, Any]]:
    """Return the parameters of a module as an optimizer takes them.

    Args:
        module: The module.
        decay_vectors: Whether the optimizer's weight decay also acts on parameters of one
            dimension or none: biases, and scales of normalisations.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    if decay_vectors:
        return [{"params": parameters}]
    groups = {many: [p for p in parameters if (p.ndim > 1) == many] for many in (True, False)}
    return [
        {"params": group, **({} if many else {"weight_decay": 0.0})}
        for many, group in groups.items()
        if group
    ]
