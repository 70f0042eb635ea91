"""One network superposed, sliced and extracted, on numbers that hide nothing."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from tangle.core import Architecture, one_hot
from tangle.metrics.closeness import excess, tensors_in
from tangle.metrics.events import Events
from tangle.metrics.parting import parting
from tangle.nn import Supernet

Role = Literal["sliced", "superposed", "extracted"]
LIMITS = {torch.float64: 1e-6, torch.float32: 1e-3}
"""Relative differences far beyond those of rounding, in each precision."""
_INPUTS = 2
_NOISE = 0.1
_SEEDS = 8


class ExactTrial:
    """Runs a copy of a supernet on the CPU in one precision, in its three roles.

    Its weights are moved at random: one that starts at zero would hide what is behind it.

    Args:
        supernet: The supernet, which is left as it is.
        inputs: A batch of inputs, of which a few are taken.
        dtype: The precision.

    Attributes:
        supernet: The copy.
        limit: The largest relative difference that counts as none.
    """

    def __init__(self, supernet: Supernet, inputs: Any, dtype: torch.dtype) -> None:
        self.limit = LIMITS[dtype]
        self.supernet = copy.deepcopy(supernet).cpu().to(dtype).requires_grad_(False)
        self._dtype = dtype
        generator = torch.Generator().manual_seed(0)
        for tensor in _spread(self.supernet):
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
            tensor += (_NOISE * (tensor.abs().mean() + _NOISE) * noise).to(dtype)
        self._inputs = tree_map(lambda part: _few(part, dtype, generator), inputs)

    def output(self, role: Role, arch: Architecture, *, seed: int = 0) -> list[Tensor] | Exception:
        """Return the tensors that the network gives at an architecture, or why it does not run."""
        torch.default_generator.manual_seed(seed)  # not those of other devices
        random.seed(seed)
        try:
            return tensors_in(self._run(role, arch)())
        except Exception as error:  # whatever a forward makes of sizes that do not fit
            return error

    def errors(self, roles: Sequence[Role], arch: Architecture) -> dict[Role, float]:
        """Return how far outputs are from those of the sliced network; inf if one does not run."""
        sliced = self.output("sliced", arch)
        return {role: _gap(self.output(role, arch), sliced) for role in roles}

    def is_random(self, arch: Architecture) -> bool:
        """Return whether outputs of the sliced network are random."""
        first, *others = (self.output("sliced", arch, seed=seed) for seed in range(_SEEDS))
        if isinstance(first, Exception):
            return False
        return any(_gap(other, first) > self.limit for other in others)

    def failing(self, role: Role, arch: Architecture) -> str:
        """Return the dotted path of the innermost module in which a network fails."""
        net = self.supernet.extract(arch) if role == "extracted" else self.supernet.net
        events = Events(net)
        events.of(lambda: net(self._inputs) if role == "extracted" else self._run(role, arch)())
        return events.innermost or type(net).__name__

    def parting(self, arch: Architecture) -> str:
        """Return in words where the superposed network begins to differ from the sliced one."""
        events = Events(self.supernet.net)
        runs = [events.of(self._run(role, arch)) for role in ("sliced", "superposed")]
        return parting(self.supernet.net, *runs, limit=self.limit)

    def _run(self, role: Role, arch: Architecture) -> Callable[[], Any]:
        if role == "extracted":
            return lambda: self.supernet.extract(arch)(self._inputs)
        hot = one_hot(arch, self.supernet.space, dtype=self._dtype)
        return lambda: self.supernet(self._inputs, arch if role == "sliced" else hot)


def _gap(outputs: list[Tensor] | Exception, sliced: list[Tensor] | Exception) -> float:
    if isinstance(outputs, Exception) or isinstance(sliced, Exception):
        return math.inf
    return excess(outputs, sliced, ends_in_zeros=True)


def _spread(net: nn.Module) -> list[Tensor]:
    """Return the learned numbers of a network, and the running means of its normalisations."""
    means = [b for name, b in net.named_buffers() if name.endswith("running_mean")]
    return [*(p for p in net.parameters() if p.is_floating_point()), *means]


def _few(part: Any, dtype: torch.dtype, generator: torch.Generator) -> Any:
    """Return a few inputs, no two alike where they are real numbers."""
    if not isinstance(part, Tensor) or part.dim() == 0:
        return part
    part = part[:_INPUTS].cpu()
    part = part[torch.arange(_INPUTS) % len(part)]
    if not part.is_floating_point():
        return part
    noise = torch.randn(part.shape, generator=generator, dtype=torch.float64).to(dtype)
    return part.to(dtype) + _NOISE * (part.to(dtype).std() + 1) * noise
