"""Learned matrices that make smaller kernels of a larger one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

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
        falls = all(larger > smaller for larger, smaller in pairwise(self.sizes))
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

    def forward(self, kernel: Tensor, size: int) -> Tensor:
        """Return the kernel of a size, `[..., size, size]`, for the largest kernel.

        Raises:
            ValueError: If the size is none of those that there are.
        """
        with in_full_precision(kernel.device):  # it makes a parameter, not an activation
            for smaller, matrix in zip(self.sizes[1 : self.sizes.index(size) + 1], self.matrices,
                                       strict=False):  # fmt: skip
                centre = _centre(kernel, smaller)
                kernel = F.linear(centre.flatten(-2), matrix).view(centre.shape)
        return kernel

    def mixture(self, kernel: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted sum of all kernels, zero-padded to the largest, in its shape.

        Args:
            kernel: The largest kernel, `[..., k, k]`.
            weights: Weight of each size, `[len(sizes)]`.
        """
        with in_full_precision(kernel.device):
            return _Mixture.apply(kernel, weights.to(kernel.dtype), *self.matrices)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the sizes."""
        return " -> ".join(map(str, self.sizes))


def _centre(kernel: Tensor, size: int) -> Tensor:
    rim = (kernel.shape[-1] - size) // 2
    return kernel[..., rim : rim + size, rim : rim + size]


class _Mixture(torch.autograd.Function):
    """The sum in place, without padded copies, and its gradient in one pass over the sizes.

    With `v_0` the largest kernel, `v_i = M_i centre(v_{i-1})` and `y = sum_i w_i pad(v_i)`, the
    gradient of `v_i` is `w_i centre(g) + pad(M_{i+1}^T g_{i+1})`, from the smallest to the largest.
    """

    @staticmethod
    def forward(ctx: Any, kernel: Tensor, weights: Tensor, *matrices: Tensor) -> Tensor:
        rows = [kernel.flatten(-2)]  # v_i as [..., k_i^2]
        shares = weights.unbind()
        total = kernel * shares[0]
        centres = []
        version = kernel
        for matrix, share in zip(matrices, shares[1:], strict=True):
            centre = _centre(version, math.isqrt(matrix.shape[0]))
            centres.append(centre.flatten(-2))
            rows.append(F.linear(centres[-1], matrix))
            version = rows[-1].view(centre.shape)
            _centre(total, version.shape[-1]).addcmul_(version, share)
        ctx.save_for_backward(weights, *matrices, *centres, *rows)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weights, *saved = ctx.saved_tensors
        count = len(weights) - 1
        matrices, centres, rows = saved[:count], saved[count : 2 * count], saved[2 * count :]
        wants_kernel, wants_weights, *wants_matrices = ctx.needs_input_grad
        if not wants_kernel and not any(wants_matrices):
            return None, _pull(gradient, rows), *[None] * count
        shares = weights.unbind()
        of_matrices: list[Tensor | None] = []
        inner: Tensor | None = None  # the gradient of the centre that the smaller sizes are made of
        for i in range(count, -1, -1):
            size = math.isqrt(rows[i].shape[-1])
            own = _centre(gradient, size) * shares[i]
            if inner is not None:
                _centre(own, inner.shape[-1]).add_(inner)
            if i > 0:
                flat = own.flatten(-2)
                of_matrices.append(
                    flat.flatten(0, -2).T @ centres[i - 1].flatten(0, -2)
                    if wants_matrices[i - 1] else None
                )  # fmt: skip
                inner = (flat @ matrices[i - 1]).view(own.shape)
        of_weights = _pull(gradient, rows) if wants_weights else None
        return own, of_weights, *of_matrices[::-1]


def _pull(gradient: Tensor, rows: Sequence[Tensor]) -> Tensor:
    """Return the gradient of the weights of sizes, `[len(rows)]`."""
    return torch.stack([
        (_centre(gradient, math.isqrt(row.shape[-1])).flatten(-2) * row).sum() for row in rows
    ])  # fmt: skip
