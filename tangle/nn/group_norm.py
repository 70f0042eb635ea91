"""Group normalisation with a choice of widths."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tangle.core import Choice, Size, as_size, joint_candidates
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.entangled import Entangled
from tangle.nn.functional import along, joint_weights, single_at_least


class GroupNorm(Entangled, nn.GroupNorm):
    """`torch.nn.GroupNorm` over a prefix of the largest width.

    The groups of a narrower version need not be groups of a wider one. Superposed, the output is
    the mixture of all versions' outputs; every version's statistics follow from one pass over the
    input, by per-channel moments, in single precision at least.

    Args:
        num_groups: Number of groups; may follow the channels, as in `channels // 16`.
        num_channels: Channels.
        eps: Added to the variance.
        affine: Whether to scale and shift.

    Raises:
        ValueError: If a candidate's channels are not divisible by its groups.
    """

    def __init__(
        self,
        num_groups: Size | int,
        num_channels: Size | int,
        eps: float = 1e-5,
        affine: bool = True,
    ) -> None:
        channels, groups = Axis(as_size(num_channels)), Axis(as_size(num_groups))
        choices = tuple(dict.fromkeys((*channels.size.choices, *groups.size.choices)))
        _check_divisible(groups.size, channels.size, choices)
        # torch's constructor insists that the largest of both divide; only the channels matter.
        nn.GroupNorm.__init__(self, 1, channels.size.max, eps, affine)
        self.num_groups = groups.size.max
        self.entangle(weight=(channels,), bias=(channels,), groups=(groups,))
        self._sizes, self._joint = (groups.size, channels.size), choices

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised `[B, num_channels, ...]`."""
        scope = bound()
        sliced = scope.sliced()
        if not all(choice.name in sliced for choice in self._joint):
            return self._mixture(x, joint_weights(scope.weights(), self._joint))
        groups = self._sizes[0].at(sliced)
        return F.group_norm(x, groups, self.read("weight"), self.read("bias"), self.eps)

    def _mixture(self, x: Tensor, weights: Tensor) -> Tensor:
        """Return `x` times a gain plus an offset per channel: normalisation is affine in `x`."""
        dtype = single_at_least(x.dtype, weights.dtype)
        wide, weights = x.to(dtype), weights.to(dtype)
        gain, offset = self._gain_and_offset(wide.reshape(*x.shape[:2], -1), weights)
        if (bias := self.read("bias")) is not None:
            gain, offset = gain * self.weight, offset * self.weight + bias
        gain, offset = (along(vectors, (0, 1), x.dim()) for vectors in (gain, offset))
        return torch.addcmul(offset, wide, gain).to(x.dtype)

    def _gain_and_offset(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Return what multiplies and what shifts each channel, `[B, C]`, for `x` `[B, C, N]`."""
        variances, means = torch.var_mean(x, 2, correction=0)
        gain, offset = torch.zeros_like(means), torch.zeros_like(means)
        for weight, arch in zip(weights, joint_candidates(self._joint), strict=True):
            groups, channels = (size.at(arch) for size in self._sizes)
            mean, variance = (
                t[:, :channels].reshape(-1, groups, channels // groups) for t in (means, variances)
            )
            centre = mean.mean(-1, keepdim=True)
            # Within a group: mean of the variances plus variance of the means.
            spread = (variance + (mean - centre) ** 2).mean(-1, keepdim=True)
            inverse_std = weight * (spread + self.eps).rsqrt().expand_as(mean)
            missing = (0, x.shape[1] - channels)
            gain = gain + F.pad(inverse_std.flatten(1), missing)
            offset = offset - F.pad((centre * inverse_std).flatten(1), missing)
        return gain, offset

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return `torch.nn.GroupNorm` of the size at `arch`, on the meta device."""
        groups, channels = (size.at(arch) for size in self._sizes)
        return nn.GroupNorm(groups, channels, self.eps, self.affine, device="meta")


def _check_divisible(groups: Size, channels: Size, choices: tuple[Choice, ...]) -> None:
    for arch in joint_candidates(choices):
        if channels.at(arch) % groups.at(arch):
            raise ValueError(
                f"GroupNorm has {channels.at(arch)} channels ({channels}) in {groups.at(arch)} "
                f"groups ({groups}), which does not divide: let the groups follow the channels, "
                "as in num_groups=channels // width"
            )
