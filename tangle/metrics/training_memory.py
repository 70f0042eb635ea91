"""The memory of a training step, from shapes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.optim import Optimizer

from tangle.metrics.cost import count_parameters

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes that a training step holds, in the network's own precision.

    Attributes:
        weights: Parameters and buffers.
        gradients: Gradients of the parameters.
        optimizer: What the optimizer keeps of each parameter.
        activations: What the forward keeps for the backward, of a whole batch; temporary memory of
            single operations is left out.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


def training_memory(net: nn.Module, run: Callable[[], Any], states: float = 2.0) -> TrainingMemory:
    """Return what a training step of a network holds, which can be on the meta device.

    Args:
        net: The network, whose mode is used as it is.
        run: A forward of it, on a whole batch.
        states: Numbers that the optimizer keeps for each parameter.
    """
    return held(net, states, kept_activations(net, run))


def held(net: nn.Module, states: float, activations: int) -> TrainingMemory:
    """Return what a training step of a network holds beside and with known activations."""
    parameters = sum(p.numel() * p.element_size() for p in net.parameters())
    buffers = sum(b.numel() * b.element_size() for b in net.buffers())
    return TrainingMemory(parameters + buffers, parameters, round(states * parameters), activations)


def kept_activations(net: nn.Module, run: Callable[[], Any]) -> int:
    """Return the bytes that a forward keeps for the backward, parameters and buffers left out."""
    own = {StorageWeakRef(t.untyped_storage()) for t in (*net.parameters(), *net.buffers())}
    sizes: dict[StorageWeakRef, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if (key := StorageWeakRef(storage)) not in own:
            sizes[key] = storage.nbytes()
        return tensor  # which the graph holds, so that no other storage takes its place

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        output = run()
    del output
    return sum(sizes.values())


def optimizer_states(optimizer: OptimizerFactory) -> float:
    """Return how many numbers an optimizer keeps for each parameter, by one step of a small one.

    >>> optimizer_states(torch.optim.Adam)
    2.0
    """
    weight = nn.Linear(64, 64, bias=False)
    weight.weight.grad = torch.zeros_like(weight.weight)
    stepped = optimizer(weight.parameters())
    stepped.step()
    tensors = (
        value
        for state in stepped.state.values()
        for value in state.values()
        if isinstance(value, Tensor) and value.dim() > 0
    )
    return sum(tensor.numel() for tensor in tensors) / count_parameters(weight)
