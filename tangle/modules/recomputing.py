"""Gradient checkpointing of a supernet."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tangle.nn import Stack
from tangle.nn.entangled import Entangled


def recompute_blocks(net: nn.Module, compile_backend: str | None) -> None:
    """Let training run the blocks of every stack again, instead of keeping what is inside.

    Args:
        net: The network.
        compile_backend: Backend that compiles it, which must be None: compiled code has its own
            way to decide what is kept.

    Raises:
        ValueError: If there are no stacks, the network is compiled, or a layer would count batches
            twice.
    """
    if compile_backend is not None:
        raise ValueError(
            f"gradient_checkpointing is true and compile_backend is {compile_backend!r}: set one "
            "of them to false or null"
        )
    stacks = [module for module in net.modules() if isinstance(module, Stack)]
    if not stacks:
        raise ValueError(
            f"gradient_checkpointing is true, but {type(net).__name__} has no stack of blocks "
            "(tangle.nn.Stack) to run again: set it to false, or wrap parts of the network by "
            "torch.utils.checkpoint with context_fn=tangle.nn.checkpoint_context"
        )
    for stack in stacks:
        if any(isinstance(m, _BatchNorm) and not isinstance(m, Entangled) for m in stack.modules()):
            raise ValueError(
                "gradient_checkpointing is true, but a stack of blocks has a torch.nn.BatchNorm, "
                "whose running statistics would count each batch twice: use that of tangle.nn, "
                "which takes plain widths too"
            )
        stack.recomputes = True
