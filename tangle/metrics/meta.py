"""A copy of a supernet without weights, to count by."""

from __future__ import annotations

import copy

import torch
from torch import nn

from tangle.nn import Supernet
from tangle.nn.fresh_containers import fresh_containers


def weightless(supernet: Supernet) -> Supernet:
    """Return a copy in evaluation mode whose tensors have shapes and ties but no numbers."""
    tensors = (*supernet.parameters(), *supernet.buffers())
    known: dict[int, object] = {id(tensor): _empty(tensor) for tensor in tensors}
    for module in supernet.modules():
        known |= fresh_containers(module)
    return copy.deepcopy(supernet, known).eval()


def _empty(tensor: torch.Tensor) -> torch.Tensor:
    empty = torch.empty_like(tensor, device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(empty, requires_grad=tensor.requires_grad)
    return empty
