"""How long a network takes, as measured on the machine at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Latency:
    """Times of one forward in evaluation mode, milliseconds.

    Attributes:
        median: Median of the runs.
        low: First decile.
        high: Ninth decile.
        batch_size: Inputs in a forward.
        runs: Number of runs.
        device: Where they ran.
        threads: Threads that torch used on the CPU.
    """

    median: float
    low: float
    high: float
    batch_size: int
    runs: int
    device: str
    threads: int


def measure_latency(net: nn.Module, example: Tensor, *, warmup: int = 5, runs: int = 30) -> Latency:
    """Return how long a network takes for an input, on the device where both are.

    Args:
        net: A plain network; its mode is left as it was.
        example: An input `[B, ...]`.
        warmup: Forwards before the first that counts.
        runs: Forwards that count, of which the median is taken.

    Raises:
        ValueError: If there is no run, or a negative number of forwards before.
    """
    if runs < 1 or warmup < 0:
        raise ValueError(f"warmup is {warmup} and runs is {runs}: they must be at least 0 and 1")
    with evaluating(net):
        milliseconds = times(lambda: net(example), example.device, warmup=warmup, runs=runs)
    low, median, high = milliseconds.quantile(torch.tensor([0.1, 0.5, 0.9])).tolist()
    return Latency(
        median, low, high, len(example), runs, str(example.device), torch.get_num_threads()
    )


def times(step: Callable[[], Any], device: torch.device, *, warmup: int, runs: int) -> Tensor:
    """Return the milliseconds of each run of a step, `[runs]`."""
    for _ in range(warmup):
        step()
    found = []
    for _ in range(runs):
        _wait(device)
        start = time.perf_counter()
        step()
        _wait(device)
        found.append(1e3 * (time.perf_counter() - start))
    return torch.tensor(found)


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode, without gradients, and each part back into its own."""
    modes = [(module, module.training) for module in net.modules()]
    try:
        with torch.no_grad():
            net.eval()
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _wait(device: torch.device) -> None:
    """Wait for what an accelerator still has to do."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
