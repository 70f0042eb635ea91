"""The gradient of the architecture through a step of the weights: second-order DARTS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from tangle.modules.batches import Pair
from tangle.modules.gradients import backward_mean, frozen
from tangle.modules.objective import Objective
from tangle.nn.functional import in_full_precision

Slopes = Mapping[nn.Parameter, Tensor]
RADIUS = 0.01
"""Norm of the shift of all weights for the finite difference (the paper's section 2.3)."""


@dataclass(frozen=True)
class Unrolled:
    """One update's gradient of the architecture loss after a step of the weights.

    Liu et al. (ICLR 2019), equations 6 to 8. With `w' = w - lr (m + dL_train/dw)`, where `m` is
    what momentum and weight decay add, the gradient of `L_arch(w'(alpha), alpha)` has a second
    term, `-lr d2L_train/dalpha dw dL_arch/dw'`. It is taken as the difference of `dL_train/dalpha`
    between weights shifted to either side along `dL_arch/dw'`. The step is exactly that of
    `torch.optim.SGD`, without clipping; of another optimizer only the learning rate is taken,
    `w' = w - lr dL_train/dw`.

    All four passes use one draw of the architecture and start from one random state, of dropout
    say, which is then as it was. Weights are moved in place, with one copy of them kept; they and
    the running statistics are restored bit for bit.

    Attributes:
        module: Runs backward; its first optimizer is that of the weights.
        objective: The losses.
        step: Count of search steps so far.
        training: Batches that train the weights.
        radius: Norm of the shift of all weights.
    """

    module: LightningModule
    objective: Objective
    step: int
    training: Sequence[Pair]
    radius: float = RADIUS

    def backward(self, pairs: Sequence[Pair]) -> Tensor:
        """Leave the gradient in the alphas, and none in the weights.

        Args:
            pairs: Batches that train the architecture.

        Returns:
            The mean architecture loss after the weights' step.
        """
        alphas = list(self.objective.algorithm.parameters())
        with _restored(self.objective.supernet) as start:
            with frozen(alphas):
                self._backward("unrolled", self.training)
            rates = _step_weights(self.module.trainer.optimizers[0])
            loss = self._backward("arch", pairs)
            total = _gradients(alphas)
            slopes = {p: rate * p.grad for p, rate in rates.items() if p.grad is not None}
            if slopes:
                total = self._add_second_order(total, slopes, start)
        self.module.zero_grad(set_to_none=True)
        for alpha, gradient in zip(alphas, total, strict=True):
            alpha.grad = gradient
        return loss

    def _add_second_order(
        self, first: Sequence[Tensor], slopes: Slopes, start: Mapping[nn.Parameter, Tensor]
    ) -> list[Tensor]:
        norm = torch.stack([slope.norm() for slope in slopes.values()]).norm()
        scale = self.radius / norm.clamp_min(torch.finfo(norm.dtype).tiny)
        ahead, behind = (self._alphas_slope_at(start, slopes, s) for s in (scale, -scale))
        return [
            direct - (plus - minus) / (2 * scale)
            for direct, plus, minus in zip(first, ahead, behind, strict=True)
        ]

    def _alphas_slope_at(
        self, start: Mapping[nn.Parameter, Tensor], slopes: Slopes, scale: Tensor
    ) -> list[Tensor]:
        """Return `dL_train/dalpha` at shifted weights."""
        with torch.no_grad():
            for parameter, value in start.items():
                slope = slopes.get(parameter)
                parameter.copy_(value if slope is None else value + scale * slope)
        # The difference of two nearby losses is below the resolution of half precision.
        with frozen(list(start)), in_full_precision(self.module.device):
            self._backward("unrolled", self.training)
        return _gradients(list(self.objective.algorithm.parameters()))

    def _backward(self, purpose: str, pairs: Sequence[Pair]) -> Tensor:
        """Compute gradients from the same random state each time."""
        device = self.module.device
        self.module.zero_grad(set_to_none=True)
        losses = self.objective.losses(purpose, pairs, self.step)
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            return backward_mean(self.module, losses, exchanges_last=False)


@contextmanager
def _restored(net: nn.Module) -> Iterator[Mapping[nn.Parameter, Tensor]]:
    """Give copies of all parameters, and bring parameters and statistics back to them."""
    names = {name for name, _ in net.named_parameters(remove_duplicate=False)}
    statistics = [t for name, t in net.state_dict().items() if name not in names]
    kept = [statistic.clone() for statistic in statistics]
    start = {parameter: parameter.detach().clone() for parameter in net.parameters()}
    try:
        yield start
    finally:
        with torch.no_grad():
            for tensor, copy in (*start.items(), *zip(statistics, kept, strict=True)):
                tensor.copy_(copy)


@torch.no_grad()
def _step_weights(optimizer: Optimizer) -> dict[nn.Parameter, float]:
    """Step the weights, leaving the optimizer as it is.

    Returns:
        What the gradient of each weight that has one was multiplied by.
    """
    rates: dict[nn.Parameter, float] = {}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if (gradient := parameter.grad) is None:
                continue
            share = 1.0
            if isinstance(optimizer, SGD):
                buffer = optimizer.state.get(parameter, {}).get("momentum_buffer")
                share, kept = _shares(group, buffer)
                gradient = share * (gradient + group["weight_decay"] * parameter)
                if buffer is not None:
                    gradient = gradient + kept * buffer
            parameter.sub_(group["lr"] * gradient)
            rates[parameter] = share * group["lr"]
    return rates


def _shares(group: Mapping[str, Any], buffer: Tensor | None) -> tuple[float, float]:
    """Return what SGD multiplies gradient and momentum buffer by, aside of the learning rate."""
    momentum: float = group["momentum"]
    if momentum == 0:
        return 1.0, 0.0
    if group["nesterov"]:
        return 1 + momentum, momentum**2
    return (1.0 if buffer is None else 1 - group["dampening"]), momentum


def _gradients(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
