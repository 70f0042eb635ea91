"""A parameter times the masks of its axes, without keeping what can be made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tangle.nn.functional import along, in_full_precision, superposition


class Mask(NamedTuple):
    """The mask of coupled dimensions, as what it is made of.

    Attributes:
        dims: The dimensions that it spans.
        weights: Weight of each joint candidate, `[J]`; where there are no memberships, the mask
            itself, of a single dimension.
        memberships: For each dimension, which entries each joint candidate keeps, `[J, n_d]`.
    """

    dims: tuple[int, ...]
    weights: Tensor
    memberships: tuple[Tensor, ...]

    def over(self, tensor: Tensor) -> Tensor:
        """Return the mask so that it broadcasts over a tensor."""
        mask = superposition(self.weights, self.memberships) if self.memberships else self.weights
        return along(mask, self.dims, tensor.dim()).to(tensor.dtype)

    def pull(self, gradient: Tensor) -> Tensor:
        """Return the gradient of `weights` for a gradient of the mask over a tensor."""
        others = [dim for dim in range(gradient.dim()) if dim not in self.dims]
        total = (gradient.sum(others) if others else gradient).to(self.weights.dtype)
        if not self.memberships:
            return total
        first, *rest = (m.to(self.weights.dtype) for m in self.memberships)
        # [J, n_2 * ...]: the gradient summed over what each candidate keeps of the first dimension
        pulled = first @ total.reshape(len(total), -1)
        for membership in rest:
            pulled = (pulled.view(len(membership), membership.shape[1], -1)
                      * membership[:, :, None]).sum(1)  # fmt: skip
        return pulled.flatten()


def superpose(tensor: Tensor, masks: Sequence[Mask]) -> Tensor:
    """Return `tensor` times its masks, in its full shape.

    Only the tensor and the weights of joint candidates are kept for backward: a mask of coupled
    dimensions is as large as the tensor, and quickly made again.
    """
    if not masks:
        return tensor
    if len(masks) == 1 and not masks[0].memberships:  # nothing is made that could be kept
        return tensor * masks[0].over(tensor)
    weights = [mask.weights for mask in masks]
    return _Superpose.apply(tensor, [(m.dims, m.memberships) for m in masks], *weights)  # type: ignore[no-any-return]


class _Superpose(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, spans: Sequence[Any], *weights: Tensor) -> Tensor:
        ctx.save_for_backward(tensor, *weights)
        ctx.spans = spans
        return _times(tensor, _masks(spans, weights))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        tensor, *weights = ctx.saved_tensors
        masks = _masks(ctx.spans, weights)
        wants_tensor, _, *wants_weights = ctx.needs_input_grad
        pulled: list[Tensor | None] = [None] * len(masks)
        if any(wants_weights):
            product = gradient * tensor
            for i, mask in enumerate(masks):
                if wants_weights[i]:
                    pulled[i] = mask.pull(_times(product, masks[:i] + masks[i + 1 :]))
        return _times(gradient, masks) if wants_tensor else None, None, *pulled


def _masks(spans: Sequence[Any], weights: Sequence[Tensor]) -> list[Mask]:
    return [Mask(dims, w, members) for (dims, members), w in zip(spans, weights, strict=True)]


def _times(tensor: Tensor, masks: Sequence[Mask]) -> Tensor:
    if not masks:
        return tensor
    with in_full_precision(tensor.device):
        first = masks[0].over(tensor)
        # A mask made here, as large as the tensor, can hold the product.
        is_ours = bool(masks[0].memberships) and first.shape == tensor.shape
        result = first.mul_(tensor) if is_ours else tensor * first
        for mask in masks[1:]:
            result *= mask.over(tensor)
    return result


def remade(
    tensor: Tensor, make: Callable[[], Tensor], whole: Tensor
) -> AbstractContextManager[Any]:
    """Return a context in which backward makes `tensor` again instead of keeping it.

    Within the context, an operation that saves `tensor` for backward saves how to make it.

    Args:
        tensor: A tensor that `make` returns, freshly made.
        make: Makes it.
        whole: What it is made of; must not change between forward and backward.
    """
    if tensor is whole or torch.compiler.is_compiling() or not torch.is_grad_enabled():
        return nullcontext()
    pointer, version = tensor.data_ptr(), whole._version

    def pack(saved: Tensor) -> Any:
        if saved.data_ptr() != pointer or saved.numel() != tensor_numel:
            return saved
        return saved.shape, saved.stride()

    def unpack(packed: Any) -> Tensor:
        if isinstance(packed, Tensor):
            return packed
        if whole._version != version:
            raise RuntimeError(
                "A superposed weight changed between forward and backward: call backward before "
                "the optimizer's step"
            )
        with torch.no_grad():
            return make().as_strided(*packed)

    tensor_numel = tensor.numel()
    return torch.autograd.graph.saved_tensors_hooks(pack, unpack)
