"""Parts of a network that only training needs, such as an auxiliary classifier."""

from __future__ import annotations

from torch import nn


def drop_training_parts(net: nn.Module) -> None:
    """Take out of a network what it needs in training alone, in place.

    A module names such parts of its own in an attribute `training_only`; they become None.
    """
    for module in list(net.modules()):
        for name in getattr(module, "training_only", ()):
            setattr(module, name, None)
