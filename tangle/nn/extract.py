"""From a supernet's module to a plain torch module of one architecture."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tangle.nn.elastic import Elastic
from tangle.nn.fresh_containers import fresh_containers


def extract(module: nn.Module, arch: Mapping[str, int]) -> nn.Module:
    """Return a copy of `module` at a discrete architecture, made of torch's own layers.

    The copy shares no storage with the original, keeps shared tensors shared, and stays in the
    mode (training or evaluation) of the original, part by part.

    Args:
        module: A network whose layers may have choices.
        arch: A candidate index for each of its choices.
    """
    return Extraction().module(module, arch)


class Extraction:
    """Copies modules by `copy.deepcopy`, which keeps ties, with elastic modules replaced.

    A module that is used at several architectures, as by two groups of operations, is copied once
    for each, with one copy of every tensor that they share. Used for several architectures in turn,
    it gives copies that share what is alike: quick, to look at and not to train.
    """

    def __init__(self) -> None:
        self._modules: dict[tuple[int, tuple[tuple[str, int], ...]], nn.Module] = {}
        self._made: set[int] = set()
        self._choices: dict[int, frozenset[str]] = {}
        self._latest: dict[int, Any] = {}
        self._tensors: dict[tuple[int, int, torch.Size], Tensor] = {}

    def module(self, module: nn.Module, arch: Mapping[str, int]) -> nn.Module:
        """Return the plain torch copy of a module at a discrete architecture."""
        names = sorted(self._read(module))
        key = id(module), tuple((name, arch[name]) for name in names if name in arch)
        if key not in self._modules:
            self._modules[key] = self._copy(module, arch)
            self._made.add(id(self._modules[key]))
        self._latest[id(module)] = self._modules[key]
        return self._modules[key]

    def _copy(self, module: nn.Module, arch: Mapping[str, int]) -> nn.Module:
        if not isinstance(module, Elastic):
            for child in module.children():
                self.module(child, arch)
            tensors = *module.parameters(recurse=False), *module.buffers(recurse=False)
            known = self._latest | {id(tensor): self.tensor(tensor, tensor) for tensor in tensors}
            known.pop(id(module), None)  # a copy at another architecture
            return copy.deepcopy(module, known | fresh_containers(module))
        extracted = module.extracted(arch, self)
        if id(extracted) not in self._made:
            extracted.training = module.training  # unlike a chosen operation, which has its own
        return extracted

    def tensor(self, whole: Tensor, part: Tensor) -> Tensor:
        """Return a copy of `part`, a slice of `whole`; the same one for the same slice."""
        key = (id(whole), int(part.storage_offset()), part.shape)
        if key not in self._tensors:
            copied = part.detach().clone(memory_format=torch.contiguous_format)
            if isinstance(whole, nn.Parameter):
                copied = nn.Parameter(copied, requires_grad=whole.requires_grad)
            self._tensors[key] = copied
        return self._tensors[key]

    def _read(self, module: nn.Module) -> frozenset[str]:
        """Return the names of the choices that layers of a module read."""
        if (known := self._choices.get(id(module))) is not None:
            return known
        own = module.own_choices() if isinstance(module, Elastic) else ()
        inside = (self._read(child) for child in module.children())
        found = frozenset(choice.name for choice in own).union(*inside)
        self._choices[id(module)] = found
        return found
