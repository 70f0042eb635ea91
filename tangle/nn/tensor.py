"""A learned tensor with a choice of sizes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor as TorchTensor
from torch import nn

from tangle.core import Size, as_size
from tangle.nn.axis import Axis
from tangle.nn.elastic import Extraction
from tangle.nn.entangled import Entangled


class Tensor(Entangled):
    """A learned tensor of which smaller versions are prefixes: class token, position table.

    The network reads `self.token.value`, in the supernet as in an extracted network, where a
    `torch.nn.ParameterDict` takes its place.

    Args:
        *shape: Size of each dimension.
        std: Standard deviation of the normal distribution that it starts from.
    """

    def __init__(self, *shape: Size | int, std: float = 0.02) -> None:
        super().__init__()
        axes = tuple(Axis(as_size(size)) for size in shape)
        self.weight = nn.Parameter(torch.empty([axis.size.max for axis in axes]))
        nn.init.normal_(self.weight, std=std)
        self.entangle(weight=axes)

    @property
    def value(self) -> TorchTensor:
        """The tensor, superposed or sliced, as the running forward is bound."""
        value = self.read("weight")
        assert value is not None
        return value

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return a holder without its tensor."""
        return nn.ParameterDict()

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return a holder of the parameter `value`."""
        part = self.cut("weight", arch)
        return nn.ParameterDict({"value": extraction.tensor(self.weight, part)})
