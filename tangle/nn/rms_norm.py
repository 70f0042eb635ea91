"""Root-mean-square normalisation with a choice of widths."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tangle.core import Size, as_size
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.entangled import Entangled
from tangle.nn.functional import single_at_least
from tangle.nn.weighted_norm import weighted_norm


class RMSNorm(Entangled, nn.RMSNorm):
    """`torch.nn.RMSNorm` over a prefix of the largest width.

    Superposed, the mean square weighs each entry by how much of it is present.

    Args:
        normalized_shape: Width of the last dimension.
        eps: Added to the mean square; by default the resolution of the precision that the mean
            square is computed in, as in torch.
        elementwise_affine: Whether to scale.
    """

    def __init__(
        self,
        normalized_shape: Size | int,
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        axis = Axis(as_size(normalized_shape))
        nn.RMSNorm.__init__(self, axis.size.max, eps, elementwise_affine)
        self.entangle(width=(axis,), weight=(axis,))
        self._size = axis.size

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised `[..., normalized_shape]`."""
        factors = self.masked("width")
        if bound().is_relaxed and factors:
            mask = self.mask(factors[0])
            weight = self.read("weight")
            scale = mask if weight is None else weight
            eps = torch.finfo(single_at_least(x.dtype)).eps if self.eps is None else self.eps
            return weighted_norm(x, mask, scale, None, eps=eps, centre=False)
        return F.rms_norm(x, x.shape[-1:], self.read("weight"), self.eps)

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return `torch.nn.RMSNorm` of the size at `arch`, on the meta device."""
        return nn.RMSNorm(self._size.at(arch), self.eps, self.elementwise_affine, device="meta")
