"""How long a training step takes on the machine at hand, by few measurements."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from tangle.metrics.training_memory import OptimizerFactory

_PROBE_MACS = 2.5e8
"""Multiply-accumulates of the forward of a first step, at most, unless one input has more."""
_REPEAT_SECONDS = 0.3


@dataclass(frozen=True)
class StepTime:
    """Seconds of a training step: forward, backward, and the optimizer's update.

    Attributes:
        seconds: Of a step of a whole batch.
        inputs: Inputs of the steps that were measured; 0 if the time follows from that of another
            network by their multiply-accumulates.
    """

    seconds: float
    inputs: int


def step_times(
    build: Sequence[Callable[[], nn.Module]],
    macs: Sequence[int],
    example: Any,
    batch_size: int,
    *,
    optimizer: OptimizerFactory = torch.optim.Adam,
    budget: float = 1.2,
) -> list[StepTime]:
    """Return how long a step of each of several networks takes.

    Each is measured by as many inputs as are worth it, at most a batch, and the seconds are those
    of a batch in proportion. A network that would take what is left of the budget is not measured:
    its time is that of the one before, in proportion to multiply-accumulates.

    Args:
        build: What returns each network, on the device to measure on; the cheapest first.
        macs: Multiply-accumulates of each for one input.
        example: One input `[1, ...]`, on that device.
        batch_size: Inputs of a step.
        optimizer: What makes the optimizer of a step.
        budget: Seconds for all measurements.
    """
    start = time.perf_counter()
    found: list[StepTime] = []
    for make, work in zip(build, macs, strict=True):
        left = budget - (time.perf_counter() - start)
        inputs = max(1, min(batch_size, int(_PROBE_MACS / max(work, 1))))
        if found:
            predicted = found[-1].seconds * work / max(macs[len(found) - 1], 1)
            if 2 * predicted * inputs / batch_size > left:
                found.append(StepTime(predicted, 0))
                continue
        seconds = _measure(make(), repeated(example, inputs), optimizer)
        found.append(StepTime(seconds * batch_size / inputs, inputs))
    return found


def materialized(net: nn.Module, device: torch.device) -> nn.Module:
    """Return a network on a device with numbers to compute with, if it was on the meta device."""
    tensors = [*net.parameters(), *net.buffers()]
    if not any(tensor.is_meta for tensor in tensors):
        return net.to(device)
    net.to_empty(device=device)
    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            tensor.fill_(0.01 if tensor.is_floating_point() else 0)
    return net


def _measure(net: nn.Module, inputs: Any, optimizer: OptimizerFactory) -> float:
    """Return the seconds of the fastest of a few steps."""
    net.train()
    stepped = optimizer([p for p in net.parameters() if p.requires_grad])
    first = seconds = _step(net, inputs, stepped)  # slower than others
    for _ in range(min(3, int(_REPEAT_SECONDS / first))):
        seconds = min(seconds, _step(net, inputs, stepped))
    return seconds


def _step(net: nn.Module, inputs: Any, optimizer: torch.optim.Optimizer) -> float:
    devices = {parameter.device for parameter in net.parameters()}
    _wait(devices)
    start = time.perf_counter()
    optimizer.zero_grad()
    sum(t.float().mean() for t in _floats(net(inputs))).backward()  # type: ignore[union-attr]
    optimizer.step()
    _wait(devices)
    return time.perf_counter() - start


def _wait(devices: set[torch.device]) -> None:
    for device in devices:
        if device.type != "cpu":
            torch.accelerator.synchronize(device)


def _floats(output: Any) -> list[Tensor]:
    """Return the tensors of an output that depend on the weights."""
    if isinstance(output, Tensor):
        return [output] if output.requires_grad else []
    parts = output.values() if isinstance(output, Mapping) else output
    is_nested = isinstance(output, Mapping | tuple | list)
    return list(chain.from_iterable(_floats(part) for part in parts)) if is_nested else []


def repeated(example: Any, inputs: int) -> Any:
    """Return a batch of the same input, perhaps of several tensors."""
    if isinstance(example, Tensor):
        return example.expand(inputs, *example.shape[1:]).contiguous()
    if isinstance(example, Mapping):
        return {name: repeated(value, inputs) for name, value in example.items()}
    return type(example)(repeated(value, inputs) for value in example)
