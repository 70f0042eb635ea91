"""What the smallest, the median and the largest architecture of a space cost."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

import torch
from torch import nn

from tangle.core import Architecture, Candidate, SearchSpace
from tangle.metrics.cost import count_macs, count_parameters
from tangle.metrics.meta import weightless
from tangle.metrics.meter import moved
from tangle.metrics.step_time import StepTime, materialized, repeated, step_times
from tangle.metrics.training_memory import OptimizerFactory, TrainingMemory, training_memory
from tangle.nn import Supernet

_SAMPLE = 101


@dataclass(frozen=True)
class Cost:
    """What one architecture costs.

    Attributes:
        name: `smallest`, `median` or `largest`.
        architecture: Its values.
        parameters: Learned numbers.
        macs: Multiply-accumulates of a forward of one input.
        memory: Of a training step of the extracted network.
        step: Time of such a step; None if it is not measured, or could not be.
    """

    name: str
    architecture: Mapping[str, Candidate]
    parameters: int
    macs: int
    memory: TrainingMemory
    step: StepTime | None = None


class ArchitectureCosts:
    """Counts architectures of a supernet, on shapes alone where the network lets it.

    Args:
        supernet: The supernet, which is left as it is; its tensors may be on the meta device.
        example: One input `[1, ...]`.
        batch_size: Inputs of a training step.
        states: Numbers that the optimizer keeps for each parameter.
        on_meta: Whether the network runs on the meta device.
    """

    def __init__(
        self, supernet: Supernet, example: Any, batch_size: int, states: float, *, on_meta: bool
    ) -> None:
        self._given = supernet
        self._device = "meta" if on_meta else "cpu"
        self._supernet = weightless(supernet) if on_meta else copy.deepcopy(supernet).cpu()
        self._example = moved(example, self._device)
        self._batch = repeated(self._example, batch_size)
        self._batch_size = batch_size
        self._states = states

    def of(self, name: str, arch: Architecture) -> Cost:
        """Return the cost of an architecture."""
        net = self._supernet.extract(arch)
        memory = training_memory(net.train(), lambda: net(self._batch), self._states)
        return Cost(
            name, self._supernet.space.describe(arch), count_parameters(net),
            count_macs(net, self._example), memory,
        )  # fmt: skip

    def superposed(self) -> TrainingMemory:
        """Return the memory of a training step on all architectures superposed."""
        net = self._supernet.train()
        relaxation = {
            name: torch.full((n := len(choice.candidates),), 1 / n, device=self._device)
            for name, choice in net.space.items()
        }
        return training_memory(net, lambda: net(self._batch, relaxation), self._states)

    def chosen(self) -> tuple[dict[str, Architecture], int]:
        """Return the smallest, median and largest architecture, and of how many it is the median.

        The median is that by parameters, of all architectures if there are few, else of a random
        sample.
        """
        space = self._supernet.space
        sample = _sample(space)
        ranked = sorted(sample, key=lambda arch: count_parameters(self._supernet.extract(arch)))
        chosen = {
            "smallest": space.smallest(),
            "median": ranked[len(ranked) // 2],
            "largest": space.largest(),
        }
        return chosen, len(ranked)

    def timed(
        self, costs: list[Cost], optimizer: OptimizerFactory, device: torch.device
    ) -> list[Cost]:
        """Return costs with the times of training steps; as they are where that fails."""
        build = [partial(self._built, cost, device) for cost in costs]
        example = moved(self._example, str(device)) if self._device == "cpu" else None
        if example is None:
            example = zeros_like(self._example, device)
        try:
            steps = step_times(
                build, [cost.macs for cost in costs], example, self._batch_size,
                optimizer=optimizer,
            )  # fmt: skip
        except (RuntimeError, ValueError, IndexError):  # of a network that needs its numbers
            return costs
        return [replace(cost, step=step) for cost, step in zip(costs, steps, strict=True)]

    def _built(self, cost: Cost, device: torch.device) -> nn.Module:
        arch = self._given.space.parse(cost.architecture)
        return materialized(self._given.extract(arch), device)


def _sample(space: SearchSpace) -> list[dict[str, int]]:
    if space.cardinality <= _SAMPLE:
        return list(space.enumerate())
    rng = Random(0)
    return [space.sample(rng) for _ in range(_SAMPLE)]


def zeros_like(example: Any, device: torch.device) -> Any:
    """Return an input of zeros of the same shape, perhaps of several tensors."""
    if isinstance(example, torch.Tensor):
        return torch.zeros_like(example, device=device)
    if isinstance(example, Mapping):
        return {name: zeros_like(value, device) for name, value in example.items()}
    return type(example)(zeros_like(value, device) for value in example)
