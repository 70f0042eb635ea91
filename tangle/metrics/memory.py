"""How much memory a network takes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from tangle.metrics.latency import evaluating


def measure_memory(net: nn.Module, example: Tensor) -> int:
    """Return the most bytes that activations take during one forward in evaluation mode.

    What tensors take above the level before the forward, on the device of the example; neither
    weights nor the input count.

    Args:
        net: A plain network; its mode is left as it was.
        example: An input `[B, ...]`.
    """
    with evaluating(net):
        net(example)  # what is made once is no part of it
        if example.device.type == "cuda":
            return _on_cuda(net, example)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            net(example)
    return _peak(profiler)


def _on_cuda(net: nn.Module, example: Tensor) -> int:
    before = torch.cuda.memory_allocated(example.device)
    torch.cuda.reset_peak_memory_stats(example.device)
    net(example)
    return torch.cuda.max_memory_allocated(example.device) - before


def _peak(profiler: Any) -> int:
    events = [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]
    level = peak = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        level += event.nbytes()
        peak = max(peak, level)
    return peak
