"""A supernet by `torch.compile`, once for all architectures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from tangle.core import Architecture, Relaxation, one_hot
from tangle.nn import Supernet
from tangle.nn.place import places


class Compiled:
    """Runs a supernet by one compiled graph, whatever the architecture.

    The weights of a relaxed architecture are inputs of the graph. A discrete one is run as the
    relaxed one whose weight lies on it, masked instead of sliced: it computes the same, at the cost
    of the largest network. (Sliced, each architecture would be compiled on its own.) Training
    updates alphas and weights by graphs of their own, since other tensors need gradients.

    Args:
        supernet: The supernet. The compiled code is not part of it, so states stay as they are.
        backend: A backend of `torch.compile`, such as `inductor`.

    Raises:
        ValueError: If there is no such backend.
    """

    def __init__(self, supernet: Supernet, backend: str) -> None:
        if backend not in torch.compiler.list_backends(exclude_tags=()):
            usual = ", ".join(torch.compiler.list_backends())
            raise ValueError(
                f"compile_backend is {backend!r}, which torch does not know: use one such as "
                f"{usual}, or null for none"
            )
        self._supernet = supernet
        self._places = list(places(supernet.net))
        self._run = torch.compile(supernet, backend=backend)

    def __call__(self, x: Any, arch: Architecture | Relaxation) -> Any:
        """Return the supernet's output for an input at an architecture."""
        if _is_relaxed(arch):
            return self._run(x, arch)
        with self._without_statistics_of_others(arch):  # type: ignore[arg-type]
            return self._run(x, self._masked(arch))  # type: ignore[arg-type]

    @contextmanager
    def _without_statistics_of_others(self, arch: Architecture) -> Iterator[None]:
        """Keep running statistics of layers that an architecture has not: masked, they run too."""
        kept = {
            buffer: buffer.clone()
            for place in self._places
            if isinstance(place.module, _BatchNorm) and place.module.training
            if not place.is_reached(arch)
            for buffer in place.module.buffers(recurse=False)
        }
        yield
        for buffer, before in kept.items():
            # As data: backward checks that what it needs is unchanged, and these it does not need.
            buffer.data.copy_(before)

    def _masked(self, arch: Architecture) -> Relaxation:
        example = next(self._supernet.parameters())
        return one_hot(arch, self._supernet.space, dtype=example.dtype, device=example.device)

    def leave_out(self, archs: Iterable[Architecture | Relaxation]) -> None:
        """Take away the gradients of weights that no architecture has, as if they were sliced.

        Masked, their gradients are zeros, by which momentum and weight decay would move them.

        Args:
            archs: The architectures of an update.
        """
        archs = list(archs)
        if any(_is_relaxed(arch) for arch in archs):
            return
        reached = {
            parameter
            for place in self._places
            if any(place.is_reached(arch) for arch in archs)  # type: ignore[arg-type]
            for parameter in place.module.parameters(recurse=False)
        }
        for parameter in self._supernet.parameters():
            if parameter not in reached:
                parameter.grad = None


def _is_relaxed(arch: Architecture | Relaxation) -> bool:
    return any(isinstance(value, Tensor) for value in arch.values())
