"""A convolution whose smaller kernels are learned transforms of the largest one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from tangle.core import Size, as_size
from tangle.nn.binding import bound
from tangle.nn.conv import Conv2d
from tangle.nn.entangled import Factor
from tangle.nn.functional import joint_weights
from tangle.nn.kernel_transforms import KernelTransforms
from tangle.nn.superpose import superpose
from tangle.nn.take import take

_KERNEL_DIMS = (2, 3)


class TransformedConv2d(Conv2d):
    """`tnn.Conv2d` whose smaller kernels are transforms of the largest, instead of its centre.

    See `KernelTransforms`. Superposed, the kernel is the weighted sum of the transformed kernels,
    zero-padded to the largest size; sliced it is the transformed kernel alone. The extracted layer
    is torch's, with that kernel as its weight and without matrices.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: Kernel size; all candidates odd.
        stride: Stride.
        padding: Zeros at each side; follows the kernel, as in `kernel // 2`.
        dilation: Spacing between kernel entries.
        groups: Number of groups; follows the channels, as in `groups=channels` for depthwise.
        bias: Whether to add a bias.

    Raises:
        ValueError: If a kernel size is even, or is decided by a choice that also decides widths.
    """

    kernel_shares: Tensor

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
        kernel = as_size(kernel_size)
        table = kernel.table()
        transforms = KernelTransforms(sorted(set(table), reverse=True))
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, padding=padding,
                         dilation=dilation, groups=groups, bias=bias)  # fmt: skip
        self.transforms = transforms
        self._kernel = kernel
        coupled = [f.dims for f in self.factors("weight") if _touches_kernel(f)]
        if coupled not in ([], [_KERNEL_DIMS]):
            raise ValueError(
                f"Kernel size {kernel} shares a choice with the channels, but a transformed kernel "
                "is not nested: give kernel size and widths choices of their own"
            )
        # [sizes, J]: which joint candidates have each size
        shares = torch.tensor([[extent == size for extent in table] for size in transforms.sizes])
        self.register_buffer("kernel_shares", shares.double(), persistent=False)

    def cut(self, name: str, arch: Mapping[str, int] | None = None) -> Tensor:
        """Return the slice of a tensor at a discrete architecture, the kernel transformed."""
        if name != "weight":
            return super().cut(name, arch)
        arch = bound().indices() if arch is None else arch
        rows, columns, *_ = (axis.slice_at(arch) for axis in self._axes[name])
        whole = slice(None)
        largest = take(self.weight, (rows, columns, whole, whole))
        return self.transforms(largest, self._kernel.at(arch))  # type: ignore[no-any-return]

    def superposing(self, factors: Sequence[Factor]) -> Callable[[], Tensor]:
        """Return what makes the superposed weight, with the masks of some of its factors."""
        masks = [self.ingredients(factor) for factor in factors if not _touches_kernel(factor)]
        weight = self.whole("weight")
        if not self._kernel.choices:
            return lambda: superpose(weight, masks)
        joint = joint_weights(bound().weights(), self._kernel.choices)
        shares = self.kernel_shares.to(joint.dtype) @ joint
        return lambda: superpose(self.transforms.mixture(weight, shares), masks)


def _touches_kernel(factor: Factor) -> bool:
    return not set(_KERNEL_DIMS).isdisjoint(factor.dims)
