"""A fresh start of all weights."""

from torch import nn


def reset_parameters(net: nn.Module) -> None:
    """Start the weights and running statistics of all torch layers afresh, by torch's defaults."""
    for module in net.modules():
        reset = getattr(module, "reset_parameters", None)
        if reset is not None:
            reset()
