"""From a supernet's module to a plain torch module of one architecture."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tangle.nn.elastic import Elastic


def extract(module: nn.Module, arch: Mapping[str, int]) -> nn.Module:
    """Return a copy of `module` at a discrete architecture, made of torch's own layers.

    The copy shares no storage with the original, keeps shared tensors shared, and stays in the
    mode (training or evaluation) of the original.

    Args:
        module: A network whose layers may have choices.
        arch: A candidate index for each of its choices.
    """
    return _Extraction().module(module, arch)


class _Extraction:
    """Copies modules by `copy.deepcopy`, which keeps ties, with elastic modules replaced."""

    def __init__(self) -> None:
        self._memo: dict[int, Any] = {}
        self._tensors: dict[tuple[int, int, torch.Size], Tensor] = {}

    def module(self, module: nn.Module, arch: Mapping[str, int]) -> nn.Module:
        """Return the plain torch copy of a module at a discrete architecture."""
        if id(module) in self._memo:
            return self._memo[id(module)]  # type: ignore[no-any-return]
        if isinstance(module, Elastic):
            extracted = module.extracted(arch, self)
            extracted.train(module.training)
            self._memo[id(module)] = extracted
            return extracted
        for child in module.children():
            self.module(child, arch)
        return copy.deepcopy(module, self._memo)

    def tensor(self, whole: Tensor, part: Tensor) -> Tensor:
        """Return a copy of `part`, a slice of `whole`; the same one for the same slice."""
        key = (id(whole), int(part.storage_offset()), part.shape)
        if key not in self._tensors:
            copied = part.detach().clone(memory_format=torch.contiguous_format)
            if isinstance(whole, nn.Parameter):
                copied = nn.Parameter(copied, requires_grad=whole.requires_grad)
            self._tensors[key] = copied
        return self._tensors[key]
