"""Which gradients an update computes, and how ranks agree on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from lightning.pytorch.strategies import ParallelStrategy, Strategy
from torch import distributed, nn


@contextmanager
def frozen(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Switch off the gradients of parameters within the block, and on again what was on."""
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    try:
        for parameter in trained:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)


def unsynchronised(strategy: Strategy) -> AbstractContextManager[None]:
    """Return a context in which backward exchanges nothing between ranks."""
    if isinstance(strategy, ParallelStrategy):
        return strategy.block_backward_sync()
    return nullcontext()


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over all ranks, in one exchange.

    Parameters without a gradient are left out. All ranks must have the same ones, which holds when
    they run the same architectures.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients or not distributed.is_initialized() or distributed.get_world_size() == 1:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))
