"""What the smallest, the median and the largest architecture of a space cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

import torch
from torch import nn

from tangle.core import Architecture, Candidate, SearchSpace
from tangle.metrics.cost import count_macs, count_parameters
from tangle.metrics.dry_run import DryRun
from tangle.metrics.parameter_table import parameter_table
from tangle.metrics.step_time import StepTime, materialized, step_times
from tangle.metrics.training_memory import OptimizerFactory, TrainingMemory, training_memory
from tangle.nn import Supernet

_SAMPLE, _SMALL_SAMPLE = 501, 25
"""Architectures drawn for the median, where costs have a closed form, and where not."""


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
        run: Runs it.
        batch_size: Inputs of a training step.
        states: Numbers that the optimizer keeps for each parameter.
    """

    def __init__(self, supernet: Supernet, run: DryRun, batch_size: int, states: float) -> None:
        self._given = supernet
        self._run = run
        self._batch_size = batch_size
        self._states = states

    def of(self, name: str, arch: Architecture) -> Cost:
        """Return the cost of an architecture."""
        with self._run.shapes:
            net = self._run.supernet.extract(arch)
            memory = training_memory(net.train(), lambda: net(self._run.batch), self._states)
            macs = count_macs(net, self._run.example)
        values = self._run.supernet.space.describe(arch)
        return Cost(name, values, count_parameters(net), macs, memory)

    def chosen(self) -> tuple[dict[str, Architecture], int]:
        """Return the smallest, median and largest architecture, and of how many it is the median.

        All three are so by parameters, the median among all architectures if there are few, else
        in a random sample.
        """
        space = self._run.supernet.space
        sample: list[dict[str, int]] = [space.smallest(), space.largest()]
        try:
            table = parameter_table(self._run.supernet)
            count: Callable[[Architecture], int] = table.at
            sample += [table.cheapest(), table.dearest()]
            drawn = _sample(space, _SAMPLE)
        except ValueError:  # it has modules whose cost has no closed form
            count = self._counted
            drawn = _sample(space, _SMALL_SAMPLE)
        middle = sorted(drawn, key=count)[len(drawn) // 2]
        everything = sample + drawn
        chosen: dict[str, Architecture] = {
            "smallest": min(everything, key=count),
            "median": middle,
            "largest": max(everything, key=count),
        }
        return chosen, len(drawn)

    def _counted(self, arch: Architecture) -> int:
        return count_parameters(self._run.supernet.extract(arch))

    def timed(
        self, costs: list[Cost], optimizer: OptimizerFactory, device: torch.device
    ) -> list[Cost]:
        """Return costs with the times of training steps; as they are where that fails."""
        build = [partial(self._built, cost, device) for cost in costs]
        example = zeros_like(self._run.example, device)
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


def _sample(space: SearchSpace, count: int) -> list[dict[str, int]]:
    if space.cardinality <= count:
        return list(space.enumerate())
    rng = Random(0)
    return [space.sample(rng) for _ in range(count)]


def zeros_like(example: Any, device: torch.device) -> Any:
    """Return an input of zeros of the same shape, perhaps of several tensors."""
    if isinstance(example, torch.Tensor):
        return torch.zeros_like(example, device=device)
    if isinstance(example, Mapping):
        return {name: zeros_like(value, device) for name, value in example.items()}
    return type(example)(zeros_like(value, device) for value in example)
