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
from tangle.nn.functional import along, joint_weights


class GroupNorm(Entangled, nn.GroupNorm):
    """`torch.nn.GroupNorm` over a prefix of the largest width.

    The groups of a narrower version need not be groups of a wider one. Superposed, the output is
    the mixture of all versions' outputs; every version's statistics follow from one pass over the
    input, by per-channel moments.

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
        axis, groups = Axis(as_size(num_channels)), as_size(num_groups)
        choices = tuple(dict.fromkeys((*axis.size.choices, *groups.choices)))
        _check_divisible(groups, axis.size, choices)
        # torch's constructor insists that the largest of both divide; only the channels matter.
        nn.GroupNorm.__init__(self, 1, axis.size.max, eps, affine)
        self.num_groups = groups.max
        self.entangle(weight=(axis,), bias=(axis,), groups=(Axis(groups),))
        self._sizes, self._joint = (groups, axis.size), choices
        self.register_buffer("_averages", self._averaging(), persistent=False)

    def _averaging(self) -> Tensor:
        """Return for each joint candidate the matrix that averages channels by group, `[J, C, C]`.

        Rows and columns of channels that the candidate lacks are zero.
        """
        matrices = []
        for arch in joint_candidates(self._joint):
            groups, channels = (size.at(arch) for size in self._sizes)
            width = channels // groups
            blocks = torch.block_diag(*[torch.full((width, width), 1 / width)] * groups)
            missing = self._sizes[1].max - channels
            matrices.append(F.pad(blocks, (0, missing, 0, missing)))
        return torch.stack(matrices)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised `[B, num_channels, ...]`."""
        scope = bound()
        if scope.is_relaxed and self._joint:
            return self._mixture(x, joint_weights(scope.weights(), self._joint))
        groups = self._sizes[0].at(scope.indices())
        return F.group_norm(x, groups, self.cut("weight"), self.cut("bias"), self.eps)

    def _mixture(self, x: Tensor, weights: Tensor) -> Tensor:
        """Return `x` times a gain plus an offset per channel: normalisation is affine in `x`."""
        averages = self._averages.to(x.dtype)
        present = averages.sum(-1)  # [J, C]: one where the candidate has the channel
        variances, means = torch.var_mean(x.flatten(2), dim=2, correction=0)  # [B, C]
        centre = torch.einsum("jcd,bd->bjc", averages, means)
        # Within a group: mean of the variances plus variance of the means.
        spread = variances[:, None] + (means[:, None] - centre) ** 2  # [B, J, C]
        variance = torch.einsum("jcd,bjd->bjc", averages, spread)
        inverse_std = (variance + self.eps).rsqrt() * (present * weights.to(x.dtype)[:, None])
        gain, offset = inverse_std.sum(1), -(centre * inverse_std).sum(1)
        if self.affine:
            total = weights.to(x.dtype) @ present
            gain, offset = gain * self.weight, offset * self.weight + total * self.bias
        return torch.addcmul(along(offset, (0, 1), x.dim()), x, along(gain, (0, 1), x.dim()))

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
