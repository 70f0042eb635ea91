"""A residual block that halves the resolution."""

from __future__ import annotations

from torch import Tensor, nn

from tangle.spaces.blocks.operations import relu_conv


class ResidualReduction(nn.Module):
    """Two 3x3 convolutions, the first with stride two, beside an average pooling.

    The block between stages of NAS-Bench-201 (Dong & Yang, ICLR 2020, section 2.1).

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            relu_conv(in_channels, out_channels, 3, stride=2, affine=True),
            relu_conv(out_channels, out_channels, 3, affine=True),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2), nn.Conv2d(in_channels, out_channels, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, out_channels, H / 2, W / 2]` for `[B, in_channels, H, W]`."""
        return self.shortcut(x) + self.convs(x)  # type: ignore[no-any-return]
