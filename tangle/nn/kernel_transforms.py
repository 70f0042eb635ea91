"""Learned matrices that make smaller kernels of a larger one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tangle.nn.functional import in_full_precision


class KernelTransforms(nn.Module):
    """From a square kernel to smaller ones, each the centre of the next larger times a matrix.

    The kernel transformation of once-for-all networks (Cai et al., ICLR 2020, section 3.3): the
    centre of `k` by `k` entries is multiplied by one `k^2` by `k^2` matrix, the same for all
    channels. Matrices start as identities, at which a smaller kernel is a crop; away from them
    sizes are no longer nested. The largest kernel is the weight itself.

    Args:
        sizes: Kernel sizes from the largest to the smallest, all odd.

    Raises:
        ValueError: If sizes are even, do not fall, or are none.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        falls = all(a > b for a, b in zip(self.sizes, self.sizes[1:], strict=False))
        if not self.sizes or not falls or any(size < 1 or size % 2 == 0 for size in self.sizes):
            raise ValueError(
                f"Kernel sizes {self.sizes} can't be transformed into one another: give odd sizes "
                "from the largest to the smallest, such as (7, 5, 3)"
            )
        self.matrices = nn.ParameterList(torch.empty(size**2, size**2) for size in self.sizes[1:])
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Make every matrix the identity."""
        for matrix in self.matrices:
            nn.init.eye_(matrix)

    def at(self, kernel: Tensor, size: int) -> Tensor:
        """Return the kernel of a size, `[..., size, size]`, for the largest kernel."""
        return self._versions(kernel, self.sizes.index(size) + 1)[-1]

    def mixture(self, kernel: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted sum of all kernels, zero-padded to the largest, in its shape.

        Args:
            kernel: The largest kernel, `[..., k, k]`.
            weights: Weight of each size, `[len(sizes)]`.
        """
        shares = weights.to(kernel.dtype).unbind()
        versions = self._versions(kernel, len(self.sizes))
        total = versions.pop() * shares[-1]
        for version, share in zip(reversed(versions), reversed(shares[:-1]), strict=True):
            rim = (version.shape[-1] - total.shape[-1]) // 2
            total = torch.addcmul(F.pad(total, [rim] * 4), version, share)
        return total

    def _versions(self, kernel: Tensor, count: int) -> list[Tensor]:
        """Return the kernels of the first `count` sizes."""
        versions = [kernel]
        with in_full_precision(kernel.device):  # it makes a parameter, not an activation
            for size, matrix in zip(self.sizes[1:count], self.matrices, strict=False):
                rim = (versions[-1].shape[-1] - size) // 2
                centre = versions[-1][..., rim : rim + size, rim : rim + size]
                versions.append(F.linear(centre.flatten(-2), matrix).view(centre.shape))
        return versions

    def extra_repr(self) -> str:
        """Return the sizes."""
        return " -> ".join(map(str, self.sizes))
