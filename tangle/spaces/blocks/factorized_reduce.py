"""Half the resolution by two shifted convolutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tangle.core import Size, as_size
from tangle.spaces.blocks.layers import batch_norm, conv


class FactorizedReduce(nn.Module):
    """Halves height and width by two pointwise convolutions, one of them a pixel further on.

    So all pixels take part, half of the output's channels for each diagonal (DARTS, Liu et al.,
    ICLR 2019). A narrower version has the first channels of either half. Its normalisation counts
    channels through, so where one half ends another statistic follows than in the widest version.

    Args:
        in_channels: Input channels.
        out_channels: Output channels, an even number.
        affine: Whether the normalisation scales and shifts.

    Raises:
        ValueError: If the number of output channels is odd.
    """

    def __init__(
        self, in_channels: Size | int, out_channels: Size | int, *, affine: bool = False
    ) -> None:
        super().__init__()
        if any(width % 2 for width in as_size(out_channels).table()):
            raise ValueError(
                f"A factorized reduction to {out_channels} channels makes half of them twice: "
                "the number must be even"
            )
        self.relu = nn.ReLU()
        self.here = conv(in_channels, out_channels // 2, 1, stride=2, bias=False)
        self.next = conv(in_channels, out_channels // 2, 1, stride=2, bias=False)
        self.norm = batch_norm(out_channels, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, out_channels, H / 2, W / 2]` for `[B, in_channels, H, W]`, H and W even."""
        x = self.relu(x)
        return self.norm(torch.cat([self.here(x), self.next(x[:, :, 1:, 1:])], 1))  # type: ignore[no-any-return]
