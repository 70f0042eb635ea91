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

_REPEATS = 3
"""Steps of one size, of which the fastest counts, while they are short."""


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
    budget: float = 0.6,
) -> list[StepTime]:
    """Return how long a step of each of several networks takes.

    Each is measured, after a step that does not count, on a whole batch if that fits into the
    budget. Else the batch grows from one input as long as it does, and the seconds of a whole batch
    follow from the two largest: those of a step and those of an input. A network of which not even
    one input fits is not measured: its time is that of the one before, in proportion to
    multiply-accumulates.

    Args:
        build: What returns each network, on the device to measure on; the cheapest first.
        macs: Multiply-accumulates of each for one input.
        example: One input `[1, ...]`, on that device.
        batch_size: Inputs of a step.
        optimizer: What makes the optimizer of a step.
        budget: Seconds for all measurements.
    """
    end = time.perf_counter() + budget
    found: list[StepTime] = []
    single = 0.0  # seconds of one input, of the network before
    for number, (make, work) in enumerate(zip(build, macs, strict=True)):
        share = (end - time.perf_counter()) / (len(build) - number)
        ratio = work / max(macs[number - 1], 1)
        single *= ratio
        if found and 2 * single > share:
            found.append(StepTime(found[-1].seconds * ratio, 0))
            continue
        seconds = _measured(make(), example, batch_size, optimizer, share)
        inputs = max(seconds)
        found.append(StepTime(_extrapolated(seconds, batch_size), inputs))
        single = _extrapolated(seconds, 1)
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


def _measured(
    net: nn.Module, example: Any, batch_size: int, optimizer: OptimizerFactory, budget: float
) -> dict[int, float]:
    """Return the seconds of a step by its inputs, of growing sizes up to the budget."""
    end = time.perf_counter() + budget
    net.train()
    stepped = optimizer([p for p in net.parameters() if p.requires_grad])
    size = _least_inputs(net, example, batch_size, stepped)
    seconds: dict[int, float] = {}
    while True:
        inputs = repeated(example, size)
        seconds[size] = _step(net, inputs, stepped)
        share = 1.0 if size == batch_size else 0.1  # of what is left, which others may need
        for _ in range(1, _REPEATS):
            if seconds[size] < share * (end - time.perf_counter()):
                seconds[size] = min(seconds[size], _step(net, inputs, stepped))
        left = end - time.perf_counter()
        if _extrapolated(seconds, batch_size) < 0.5 * left:
            following = batch_size
        else:
            following = min(2 * size, batch_size)
        if size == batch_size or _extrapolated(seconds, following) > left:
            return seconds
        size = following


def _least_inputs(
    net: nn.Module, example: Any, batch_size: int, optimizer: torch.optim.Optimizer
) -> int:
    """Run a first step, slower than others; return its inputs, one if the network takes one."""
    try:
        _step(net, repeated(example, 1), optimizer)
    except ValueError:  # batch normalization of vectors needs two
        if batch_size == 1:
            raise
        _step(net, repeated(example, 2), optimizer)
        return 2
    return 1


def _extrapolated(seconds: Mapping[int, float], inputs: int) -> float:
    """Return the seconds of a step by those of other sizes, the two nearest to it."""
    if inputs in seconds:
        return seconds[inputs]
    if len(seconds) == 1:
        [(size, known)] = seconds.items()
        return known * inputs / size
    less, more = sorted(sorted(seconds)[-2:] if inputs > max(seconds) else sorted(seconds)[:2])
    of_input = max(0.0, seconds[more] - seconds[less]) / (more - less)
    of_input = min(of_input, seconds[more] / more)  # noise makes no step take less than nothing
    return seconds[more] + of_input * (inputs - more)


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
