"""Layers `y = W x + b`, which can be masked at the weights or at the activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.entangled import Entangled, Factor
from tangle.nn.few_rows import are_few_rows, few_rows_linear
from tangle.nn.frozen_linear import frozen_linear
from tangle.nn.functional import along, in_full_precision, superposition
from tangle.nn.segments import few_segments
from tangle.nn.superpose import remade, superpose
from tangle.nn.trained_linear import trained_linear

Apply = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""The contraction itself: input, weight `[out, in, ...]`, bias `[out]` or None."""


_SMALL = 2**15
"""Numbers of a superposed weight up to which it is kept for backward: to make it again takes longer
than its memory is worth."""


@dataclass
class _Plan:
    """Which masks go where: on the input, on the weight, on the output."""

    weight: list[Factor] = field(default_factory=list)
    input: Factor | None = None
    output: Factor | None = None


class Contraction(Entangled):
    """A layer with a weight `[out, in, ...]` and an optional bias `[out]`.

    `diag(o) W diag(i) x + diag(o) b = o * (W (i * x) + b)`: where the masks of the two channel
    dimensions are independent, each can be on the weight or on an activation, whichever is less
    work. In the architecture step, whose weights need no gradient, activations win: the product
    of two large matrices that yields the weight's gradient is then not computed at all.
    """

    weight: Tensor
    bias: Tensor | None
    channel_dim: int
    """The channel dimension of inputs and outputs, counted from the end."""

    def entangle(self, **axes: Sequence[Axis]) -> None:
        """Declare the axes of weight and bias."""
        super().entangle(**axes)
        varying = {dim for factor in self.factors("weight") for dim in factor.dims}
        by_segments = self._is_product() and varying == {0, 1}
        self._few_segments = few_segments(axes["weight"][:2]) if by_segments else None
        dim = self._few_segments[0] if self._few_segments else 0
        # A layer and one that leads back share their values: the masks are each other's transpose.
        self._values_key = repr((axes["weight"][dim], axes["weight"][1 - dim], "in segments"))

    def contract(self, x: Tensor, apply: Apply) -> Tensor:
        """Return the contraction of `x`, superposed or sliced, with masks where they cost least.

        Args:
            x: The input; its channels are in `channel_dim`.
            apply: Computes the plain layer.
        """
        scope = bound()
        if not scope.is_relaxed:
            return apply(x, self.cut("weight"), self.read("bias"))
        if (by_segments := self._by_segments(x)) is not None:
            return by_segments
        plan = self._plan(x)
        if plan.input is not None:
            x = x * self._channels(plan.input, x)
        make = self.superposing(plan.weight)
        weight = make()
        bias = self.read("bias") if plan.output is None or self.bias is None else self.whole("bias")
        # Checkpointing keeps nothing of this forward; a hook of ours would keep the input.
        again = (
            nullcontext()
            if scope.is_checkpointed or weight.numel() <= _SMALL or not plan.weight
            else remade(weight, make, self.weight)
        )
        with again:
            y = apply(x, weight, bias)
        return y if plan.output is None else y * self._channels(plan.output, y)

    def _is_product(self) -> bool:
        """Whether it is a product of matrices, at least of an input of a single position."""
        return self.weight.dim() == 2

    def _by_segments(self, x: Tensor) -> Tensor | None:
        """Return the contraction of `x` where it is a product of matrices, masked in segments."""
        if self._few_segments is None or not torch.is_grad_enabled() or self._is_cut():
            return None
        window = self.weight.dim() - 2
        if math.prod(x.shape[x.dim() - window :]) != 1:
            return None
        dim, sizes = self._few_segments
        inputs, weight = x.flatten(self.channel_dim), self.weight.flatten(1)
        # Compiled, masks of weights are fused into what makes the weights.
        is_few = not torch.compiler.is_compiling() and are_few_rows(inputs, weight, dim, sizes)
        if not is_few and weight.requires_grad and inputs.numel() < weight.numel():
            return None
        values = bound().once(self._values_key, lambda: self._values(dim, sizes))
        if is_few:
            apply = few_rows_linear
        elif not weight.requires_grad:
            apply = frozen_linear
        elif not values.requires_grad:
            apply = trained_linear
        else:
            return None
        y = apply(inputs, weight, self.read("bias"), values, dim, sizes)
        return y.view(*y.shape, *[1] * window)

    def _is_cut(self) -> bool:
        """Whether a settled choice slices the weight, which then has other segments."""
        return len(self.masked("weight")) < len(self.factors("weight"))

    def _values(self, dim: int, sizes: Sequence[int]) -> Tensor:
        """Return the weight's mask in each segment of a dimension, `[segments, other]`."""
        starts = [sum(sizes[:number]) for number in range(len(sizes))]
        factors = self.masked("weight")
        if len(factors) == 2:
            masks = [self.mask(factor) for factor in sorted(factors, key=lambda f: f.dims)]
            return torch.stack([masks[dim][start] for start in starts])[:, None] * masks[1 - dim]
        mask = self.ingredients(factors[0])
        memberships = list(mask.memberships)
        # Columns one by one: indexing by a list would stall an accelerator.
        memberships[dim] = torch.stack([memberships[dim][:, start] for start in starts], 1)
        with in_full_precision(mask.weights.device):
            values = superposition(mask.weights, memberships)
        return values if dim == 0 else values.T

    def superposing(self, factors: Sequence[Factor]) -> Callable[[], Tensor]:
        """Return what makes the superposed weight, with the masks of some of its factors.

        It holds what it needs of the bound architecture, so backward can make the weight again.
        """
        weight, masks = self.whole("weight"), [self.ingredients(factor) for factor in factors]
        return lambda: superpose(weight, masks)

    def _channels(self, factor: Factor, x: Tensor) -> Tensor:
        return along(self.mask(factor), (x.dim() + self.channel_dim,), x.dim()).to(x.dtype)

    def _plan(self, x: Tensor) -> _Plan:
        plan = _Plan()
        factors = self.masked("weight")
        free = not self._needs_weight_gradient(factors)
        # Without strides an output has as many positions as its input; with them, fewer.
        weight = self.whole("weight")
        outputs = x.numel() // x.shape[self.channel_dim] * weight.shape[0]
        for factor in factors:
            if factor.dims == (1,) and (free or x.numel() < weight.numel()):
                plan.input = factor
            elif factor.dims == (0,) and (free or outputs < weight.numel()):
                plan.output = factor
            else:
                plan.weight.append(factor)
        return plan

    def _needs_weight_gradient(self, factors: tuple[Factor, ...]) -> bool:
        """Whether backward has to compute the gradient of the superposed weight."""
        inseparable = any(factor.dims not in ((0,), (1,)) for factor in factors)
        return not torch.is_grad_enabled() or self.weight.requires_grad or inseparable
