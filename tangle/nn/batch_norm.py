"""Batch normalisation with a choice of widths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules import batchnorm

from tangle.core import Size, as_size
from tangle.nn.axis import Axis
from tangle.nn.binding import bound
from tangle.nn.entangled import Entangled, Factor


class _BatchNorm(Entangled, batchnorm._BatchNorm):
    """What one- and two-dimensional batch normalisation share.

    Statistics are per channel, so those of a smaller version are a prefix of the largest's. Scale
    and shift are superposed. A forward moves the running statistics of exactly the channels that
    carry weight in the bound architecture.
    """

    _torch: type[nn.BatchNorm1d] | type[nn.BatchNorm2d]

    def __init__(
        self,
        num_features: Size | int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        axis = Axis(as_size(num_features))
        arguments: Any = (axis.size.max, eps, momentum, affine, track_running_stats)
        self._torch.__init__(self, *arguments)
        self.entangle(channels=(axis,), weight=(axis,), bias=(axis,), running_mean=(axis,),
                      running_var=(axis,), num_batches_tracked=())  # fmt: skip
        self._size = axis.size
        self._moves_key = f"{axis} > 0"

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised `[B, num_features, ...]`."""
        self._check_input_dim(x)  # type: ignore[no-untyped-call]
        momentum = self._count_batch()
        factors = self.masked("channels")
        if bound().is_relaxed and factors:
            return self._relaxed(x, factors[0], momentum)
        running = self.read("running_mean"), self.read("running_var")
        if self._is_counted():
            running = tuple(None if r is None else r.clone() for r in running)  # type: ignore[assignment]
        return self._normalize(x, running, (self.read("weight"), self.read("bias")), momentum)

    def _relaxed(self, x: Tensor, factor: Factor, momentum: float) -> Tensor:
        mean, variance, mask = self.running_mean, self.running_var, self.mask(factor)
        affine: tuple[Tensor, Tensor | None]
        if self.affine:
            presence = mask.to(self.weight.dtype)
            affine = self.whole("weight") * presence, self.whole("bias") * presence
        else:  # without a scale of its own, the output still carries each channel's weight
            affine = mask.to((x if mean is None else mean).dtype), None
        if mean is None or variance is None or not self.training:
            return self._normalize(x, (mean, variance), affine, momentum)
        moved = mean.clone(), variance.clone()
        y = self._normalize(x, moved, affine, momentum)
        if self._is_counted():
            return y
        has_weight = bound().once(self._moves_key, lambda: mask.detach() > 0)
        for statistic, new in zip((mean, variance), moved, strict=True):
            torch.where(has_weight, new, statistic, out=statistic)
        return y

    def _normalize(
        self,
        x: Tensor,
        running: tuple[Tensor | None, Tensor | None],
        affine: tuple[Tensor | None, Tensor | None],
        momentum: float,
    ) -> Tensor:
        by_batch = self.training or not self.track_running_stats
        return F.batch_norm(x, *running, *affine, by_batch, momentum, self.eps)

    def _is_counted(self) -> bool:
        """Return whether the batch is in the running statistics already."""
        return self.training and bound().is_again

    def _count_batch(self) -> float:
        """Count the batch and return its share in the running statistics."""
        if self.training and self.num_batches_tracked is not None and not self._is_counted():
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                return 1.0 / float(self.num_batches_tracked)
        return self.momentum or 0.0

    def plain(self, arch: Mapping[str, int]) -> nn.Module:
        """Return torch's batch normalisation of the size at `arch`, on the meta device."""
        return self._torch(self._size.at(arch), self.eps, self.momentum, self.affine,
                           self.track_running_stats, device="meta")  # fmt: skip


class BatchNorm1d(_BatchNorm, nn.BatchNorm1d):
    """`torch.nn.BatchNorm1d` over a prefix of the largest width.

    Args:
        num_features: Channels.
        eps: Added to the variance.
        momentum: Share of a new batch in the running statistics; None averages all batches.
        affine: Whether to scale and shift.
        track_running_stats: Whether to keep running statistics for evaluation.
    """

    _torch = nn.BatchNorm1d


class BatchNorm2d(_BatchNorm, nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` over a prefix of the largest width.

    Args:
        num_features: Channels.
        eps: Added to the variance.
        momentum: Share of a new batch in the running statistics; None averages all batches.
        affine: Whether to scale and shift.
        track_running_stats: Whether to keep running statistics for evaluation.
    """

    _torch = nn.BatchNorm2d
