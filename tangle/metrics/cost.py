"""Size and work of a plain network, such as `supernet.extract(arch)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(net: nn.Module) -> int:
    """Return the number of learned numbers; shared ones count once.

    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(parameter.numel() for parameter in net.parameters())


def count_macs(net: nn.Module, example: Any) -> int:
    """Return the multiply-accumulate operations of one forward in evaluation mode.

    Those of matrix products, convolutions and attention, as `torch.utils.flop_counter` knows them;
    elementwise work is left out. Attention counts as its two products, masked entries included, on
    every device.

    Args:
        net: A plain network; its mode is left as it was.
        example: An input; the count is for all of its batch.

    >>> count_macs(nn.Linear(3, 2), torch.zeros(5, 3))
    30
    """
    modes = [(module, module.training) for module in net.modules()]
    counter = FlopCounterMode(display=False)
    try:
        # The counter does not know all fused kernels of attention, such as the CPU's.
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
            net.eval()(example)
    finally:
        for module, mode in modes:
            module.training = mode
    return counter.get_total_flops() // 2
