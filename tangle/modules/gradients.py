"""Which gradients an update computes, and how ranks agree on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.strategies import ParallelStrategy, Strategy
from torch import Tensor, distributed, nn


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


def backward_mean(
    module: LightningModule, losses: Sequence[Callable[[], Tensor]], *, exchanges_last: bool
) -> Tensor:
    """Add the gradient of the mean of several losses, the same on all ranks.

    Each loss is computed only when the one before is done with, so memory is that of one.

    Args:
        module: What runs backward, by Lightning's rules.
        losses: Compute the losses.
        exchanges_last: Whether DDP is to exchange gradients during the last backward, which must
            then reach every parameter that DDP knows. Otherwise all gradients are exchanged after
            it.

    Returns:
        The mean loss of this rank.
    """
    strategy = module.trainer.strategy
    total = torch.zeros((), device=module.device)
    for number, compute in enumerate(losses, start=1):
        loss = compute() / len(losses)
        total += loss.detach()
        exchanges = exchanges_last and number == len(losses)
        with nullcontext() if exchanges else _unsynchronised(strategy):
            module.manual_backward(loss)
    if not exchanges_last:
        average_gradients(list(module.parameters()))
    return total


def _unsynchronised(strategy: Strategy) -> AbstractContextManager[None]:
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
