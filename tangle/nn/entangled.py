"""A layer whose versions of all sizes are slices of one set of weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tangle.core import Choice
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.elastic import Branch, Elastic, Extraction
from tangle.nn.functional import in_full_precision, joint_weights, superposition
from tangle.nn.superpose import Mask, superpose
from tangle.nn.take import take


@dataclass(frozen=True)
class Factor:
    """Dimensions of a tensor that share choices, so that their masks can't be taken apart.

    Attributes:
        dims: The dimensions.
        choices: All choices of these dimensions.
        buffers: For each dimension, the buffer that holds its membership, `[J, n_d]`.
        key: Identifies the mask within a forward: equal keys, equal masks.
    """

    dims: tuple[int, ...]
    choices: tuple[Choice, ...]
    buffers: tuple[str, ...]
    key: str


class Entangled(Elastic):
    """Mixin for a torch layer: its tensors are read superposed or sliced, as the forward is bound.

    A subclass calls `entangle` once, after torch's own constructor, and `read` in `forward`.
    """

    def entangle(self, **axes: Sequence[Axis]) -> None:
        """Declare the axes of each parameter and buffer, by name.

        A name without a tensor is fine: a layer may have no bias, or a mask of its own use.
        """
        self._axes = {name: tuple(dimensions) for name, dimensions in axes.items()}
        self._factors = {name: self._factorize(dims) for name, dims in self._axes.items()}

    def _factorize(self, axes: Sequence[Axis]) -> tuple[Factor, ...]:
        """Group the dimensions that share a choice, directly or through others."""
        groups: list[set[int]] = []
        for dim, axis in enumerate(axes):
            if not axis.size.choices:
                continue
            linked = [g for g in groups if any(_share(axes[other], axis) for other in g)]
            groups = [g for g in groups if g not in linked] + [{dim}.union(*linked)]
        return tuple(self._factor(axes, sorted(group)) for group in groups)

    def _factor(self, axes: Sequence[Axis], dims: Sequence[int]) -> Factor:
        choices = tuple(dict.fromkeys(c for dim in dims for c in axes[dim].size.choices))
        buffers = tuple(self._membership(axes[dim], choices) for dim in dims)
        key = repr([axes[dim] for dim in dims])
        return Factor(tuple(dims), choices, buffers, key)

    def _membership(self, axis: Axis, choices: Sequence[Choice]) -> str:
        """Keep a membership as a buffer, so that it is on the layer's device without a transfer.

        Of the numbers that it is multiplied with, so that it is not converted in each forward.
        """
        name = f"_membership_{sum(1 for _ in self.buffers(recurse=False))}"
        membership = axis.membership(choices).to(torch.get_default_dtype())
        self.register_buffer(name, membership, persistent=False)
        return name

    def mask(self, factor: Factor) -> Tensor:
        """Return the superposition of a factor, one dimension for each of its dims."""
        return bound().once(factor.key, lambda: self._make_mask(self._parts(factor)))

    def _make_mask(self, mask: Mask) -> Tensor:
        with in_full_precision(mask.weights.device):
            return superposition(mask.weights, mask.memberships)

    def factors(self, name: str) -> tuple[Factor, ...]:
        """Return the groups of coupled dimensions of a tensor."""
        return self._factors[name]

    def masked(self, name: str) -> tuple[Factor, ...]:
        """Return the groups that superposition masks: those of settled choices are sliced.

        Raises:
            ValueError: If a size depends on a settled choice and on one of the search space.
        """
        settled, factors = bound().settled, self._factors[name]
        if not settled:
            return factors
        axes = self._axes[name]
        rest = tuple(f for f in factors if not all(axes[dim].is_cut(settled) for dim in f.dims))
        if mixed := [c.name for f in rest for c in f.choices if c.name in settled]:
            raise ValueError(
                f"A size of {type(self).__name__} depends on {mixed[0]}, which the stage of the "
                f"training decides, and on a choice of the search space at once ({name}: "
                f"{' x '.join(str(axis.size) for axis in axes)}): let each size follow one of them"
            )
        return rest

    def whole(self, name: str) -> Tensor:
        """Return a tensor in its full shape, but for dimensions of settled choices: sliced."""
        tensor: Tensor = getattr(self, name)
        settled = bound().settled
        if not settled:
            return tensor
        axes = self._axes[name]
        return take(tensor, tuple(
            axis.slice_at(settled) if axis.is_cut(settled) else slice(None) for axis in axes
        ))  # fmt: skip

    def axes(self) -> Mapping[str, Sequence[Axis]]:
        """Return the axes of each parameter and buffer, by name; some names have no tensor."""
        return self._axes

    def read(self, name: str) -> Tensor | None:
        """Return a tensor of this layer, superposed or sliced; None if the layer has none."""
        if getattr(self, name) is None:
            return None
        return self.superposed(name, self.masked(name)) if bound().is_relaxed else self.cut(name)

    def superposed(self, name: str, factors: Sequence[Factor]) -> Tensor:
        """Return a tensor times the masks of some of its factors."""
        return superpose(self.whole(name), [self.ingredients(factor) for factor in factors])

    def ingredients(self, factor: Factor) -> Mask:
        """Return the mask of a factor: as it is for one dimension, else what it is made of."""
        if len(factor.dims) == 1:  # a short vector, which many tensors share
            return Mask(factor.dims, self.mask(factor), ())
        return self._parts(factor)

    def _parts(self, factor: Factor) -> Mask:
        scope = bound()
        weights = scope.once(
            ",".join(choice.name for choice in factor.choices),
            lambda: joint_weights(scope.weights(), factor.choices),
        )
        return Mask(factor.dims, weights, tuple(self.get_buffer(n) for n in factor.buffers))

    def cut(self, name: str, arch: Mapping[str, int] | None = None) -> Tensor:
        """Return the slice of a tensor at a discrete architecture (the bound one by default)."""
        tensor: Tensor = getattr(self, name)
        arch = bound().indices() if arch is None else arch
        return take(tensor, tuple(axis.slice_at(arch) for axis in self._axes[name]))

    def own_choices(self) -> Sequence[Choice]:
        """Return the choices of all axes."""
        axes = (axis for dims in self._axes.values() for axis in dims)
        return tuple(dict.fromkeys(choice for axis in axes for choice in axis.size.choices))

    def branches(self) -> Sequence[Branch]:
        """A layer has no parts."""
        return ()

    @abstractmethod
    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return torch's layer of the size at `arch`, on the meta device."""

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return torch's layer of the size at `arch`, with copies of the sliced tensors."""
        plain = self.plain(arch)
        for name in self._axes:
            whole: Tensor | None = getattr(self, name, None)
            if whole is not None:
                part = self.cut(name, arch)
                setattr(plain, name, extraction.tensor(whole, part))
        return plain


def _share(one: Axis, other: Axis) -> bool:
    return not set(one.size.choices).isdisjoint(other.size.choices)
