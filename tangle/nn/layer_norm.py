"""Layer normalisation with a choice of widths."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from tangle.core import Size, as_size
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.entangled import Entangled
from tangle.nn.weighted_norm import weighted_norm


class LayerNorm(Entangled, nn.LayerNorm):
    """`torch.nn.LayerNorm` over a prefix of the largest width.

    Superposed, mean and variance weigh each entry by how much of it is present, so that at a
    one-hot architecture they are exactly those of the smaller layer. Statistics over the full
    width would be off by half of the output.

    Args:
        normalized_shape: Width of the last dimension.
        eps: Added to the variance.
        elementwise_affine: Whether to scale and shift.
        bias: Whether to shift.
    """

    def __init__(
        self,
        normalized_shape: Size | int,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        axis = Axis(as_size(normalized_shape))
        nn.LayerNorm.__init__(self, axis.size.max, eps, elementwise_affine, bias)
        self.entangle(width=(axis,), weight=(axis,), bias=(axis,))
        self._size = axis.size

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised `[..., normalized_shape]`."""
        factors = self.masked("width")
        if bound().is_relaxed and factors:
            mask = self.mask(factors[0])
            weight = self.read("weight")
            scale = mask if weight is None else weight
            return weighted_norm(x, mask, scale, self.read("bias"), eps=self.eps, centre=True)
        return F.layer_norm(x, x.shape[-1:], self.read("weight"), self.read("bias"), self.eps)

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return `torch.nn.LayerNorm` of the size at `arch`, on the meta device."""
        return nn.LayerNorm(self._size.at(arch), self.eps, self.elementwise_affine,
                            self.bias is not None, device="meta")  # fmt: skip
