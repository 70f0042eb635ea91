"""Convolutions with choices of widths and kernel sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from tangle.core import Fixed, Size, as_size, joint_candidates
from tangle.nn.axis import Axis, Keep
from tangle.nn.binding import bound
from tangle.nn.contraction import Contraction


class _Conv(Contraction, _ConvNd):
    """What one- and two-dimensional convolutions share.

    Widths are prefixes and kernels are centred, so a smaller kernel with its own padding computes
    what the largest kernel with its padding computes when its rim is zero. That is why the padding
    must shrink with the kernel: write it as a size, such as `kernel // 2`.
    """

    _torch: type[nn.Conv1d] | type[nn.Conv2d]
    _function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: Size | int,
        out_channels: Size | int,
        kernel_size: Size | int,
        *,
        stride: int = 1,
        padding: Size | int = 0,
        dilation: int = 1,
        groups: Size | int = 1,
        bias: bool = True,
    ) -> None:
        _check_same_for_all(stride=stride, dilation=dilation)
        sizes = {
            "in_channels": as_size(in_channels),
            "out_channels": as_size(out_channels),
            "kernel_size": as_size(kernel_size),
            "padding": as_size(padding),
            "groups": as_size(groups),
        }
        columns, rows, groups_axis = (
            Axis(sizes[n]) for n in ("in_channels", "out_channels", "groups")
        )
        window = Axis(sizes["kernel_size"], Keep.CENTRE)
        _check_padding(sizes["kernel_size"], sizes["padding"], dilation)
        _check_groups(columns.size, rows.size, groups_axis.size)
        largest: dict[str, Any] = {name: size.max for name, size in sizes.items()}
        self._torch.__init__(self, **largest, stride=stride, dilation=dilation, bias=bias)  # type: ignore[arg-type]
        if self.groups > 1:
            columns = Axis(Fixed(self.in_channels // self.groups))
        self._sizes = sizes
        self.entangle(weight=(rows, columns, *[window] * len(self.kernel_size)), bias=(rows,))

    def forward(self, x: Tensor) -> Tensor:
        """Return `[B, out_channels, *positions]` for `[B, in_channels, *positions]`."""
        return self.contract(x, self._convolve)

    def _is_product(self) -> bool:
        """A pointwise convolution is one."""
        return all(size == 1 for size in (*self.kernel_size, self.groups)) and not any(self.padding)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        sliced = bound().sliced()
        padding: Any = self._extent("padding", sliced)
        groups = self._extent("groups", sliced)
        return self._function(x, weight, bias, self.stride, padding, self.dilation, groups)

    def _extent(self, name: str, sliced: Mapping[str, int]) -> int:
        """Return a size of what is sliced, or the largest one, which is what is superposed."""
        size = self._sizes[name]
        is_known = all(choice.name in sliced for choice in size.choices)
        return size.at(sliced) if is_known else size.max

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return torch's convolution of the size at `arch`, on the meta device."""
        sizes: dict[str, Any] = {name: size.at(arch) for name, size in self._sizes.items()}
        sizes |= {"stride": self.stride, "dilation": self.dilation}
        return self._torch(**sizes, bias=self.bias is not None, device="meta")


def _check_same_for_all(**options: object) -> None:
    for name, value in options.items():
        if isinstance(value, Size):
            raise ValueError(
                f"{name} is {value}, but it must be a number: to choose it, make a convolution of "
                "each an operation of a OneOf"
            )


def _check_padding(kernel: Size, padding: Size, dilation: int) -> None:
    for arch in joint_candidates((*kernel.choices, *padding.choices)):
        shrink = dilation * (kernel.max - kernel.at(arch))
        if shrink % 2 == 0 and padding.at(arch) == padding.max - shrink // 2:
            continue
        factor = "" if dilation == 1 else f" * {dilation}"
        raise ValueError(
            f"Padding {padding} is {padding.at(arch)} for kernel size {kernel.at(arch)}, which "
            f"does not align with padding {padding.max} of the largest kernel {kernel.max}: "
            f"let it follow the kernel, as in padding=kernel // 2{factor}"
        )


def _check_groups(in_channels: Size, out_channels: Size, groups: Size) -> None:
    if groups.max == 1:
        return
    sizes = in_channels, out_channels, groups
    choices = tuple(dict.fromkeys(choice for size in sizes for choice in size.choices))
    widths = {
        (in_channels.at(arch) / groups.at(arch), out_channels.at(arch) / groups.at(arch))
        for arch in joint_candidates(choices)
    }
    if len(widths) > 1:
        raise ValueError(
            f"groups={groups} gives groups of different widths for in_channels={in_channels} and "
            f"out_channels={out_channels}, so a smaller version is no prefix of the largest: let "
            "the groups follow the channels, as in groups=channels // width (depthwise: "
            "groups=channels)"
        )


class Conv1d(_Conv, nn.Conv1d):
    """`torch.nn.Conv1d` with nested widths and centred kernels.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: Kernel size; all candidates odd, or all even.
        stride: Stride.
        padding: Zeros at both ends; follows the kernel, as in `kernel // 2`.
        dilation: Spacing between kernel entries.
        groups: Number of groups; follows the channels, as in `groups=channels` for depthwise.
        bias: Whether to add a bias.

    Raises:
        ValueError: If the padding does not shrink with the kernel, or the width of a group, stride
            or dilation varies.
    """

    channel_dim = -2
    _torch = nn.Conv1d
    _function = staticmethod(F.conv1d)


class Conv2d(_Conv, nn.Conv2d):
    """`torch.nn.Conv2d` with nested widths and centred square kernels.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: Kernel size; all candidates odd, or all even.
        stride: Stride.
        padding: Zeros at each side; follows the kernel, as in `kernel // 2`.
        dilation: Spacing between kernel entries.
        groups: Number of groups; follows the channels, as in `groups=channels` for depthwise.
        bias: Whether to add a bias.

    Raises:
        ValueError: If the padding does not shrink with the kernel, or the width of a group, stride
            or dilation varies.
    """

    channel_dim = -3
    _torch = nn.Conv2d
    _function = staticmethod(F.conv2d)
