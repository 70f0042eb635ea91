"""Running statistics of a network that was trained as part of a supernet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def recalibrate(net: nn.Module, inputs: Iterable[Any]) -> None:
    """Replace the running statistics of all batch normalisations by those of the inputs.

    In a supernet they are those of a mixture of architectures, and mislead a single one. Weights
    and modes (training or evaluation) stay as they are; without inputs, so do the statistics.

    Args:
        net: A plain network, such as `supernet.extract(arch)`.
        inputs: Batches of inputs, which count alike; not looked at if nothing is to be replaced.
    """
    if not has_statistics(net):
        return
    norms = _norms(net)
    before = [(norm, norm.momentum) for norm in norms]
    modes = [(module, module.training) for module in net.modules()]
    net.eval()  # dropout would distort the statistics
    try:
        with torch.no_grad():
            for number, x in enumerate(inputs):
                if number == 0:
                    _begin(norms)
                net(x)
    finally:
        for norm, momentum in before:
            norm.momentum = momentum
        for module, mode in modes:
            module.training = mode


def has_statistics(net: nn.Module) -> bool:
    """Return whether a network, plain or not, keeps running statistics."""
    return bool(_norms(net))


def _norms(net: nn.Module) -> list[_BatchNorm]:
    return [m for m in net.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]


def _begin(norms: Iterable[_BatchNorm]) -> None:
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
