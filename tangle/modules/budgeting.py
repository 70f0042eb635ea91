"""Holds a search to its budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tangle.algorithms.base import SearchAlgorithm
from tangle.core import CostTable, Limit, Relaxation
from tangle.metrics import ExpectedCost, mac_table, parameter_table
from tangle.modules.budget import Budget
from tangle.nn import Supernet, in_last_stage


class Budgeting(nn.Module):
    """The costs that a budget limits: it tells the algorithm the limits, and computes the penalty.

    Parameters are known from the supernet, multiply-accumulates only with an input. Of a network
    with stages, costs are those of the last, in which a search ends.

    Args:
        budget: The limits.
        supernet: Gives the networks.
        algorithm: Is to name architectures within the limits.

    Raises:
        ValueError: If a limit is not within the range of the search space, or the algorithm can't
            keep to it or be steered by a penalty.
    """

    def __init__(self, budget: Budget, supernet: Supernet, algorithm: SearchAlgorithm) -> None:
        super().__init__()
        if budget.penalty > 0 and not any(True for _ in algorithm.parameters()):
            raise ValueError(
                f"budget.penalty is {budget.penalty}, but the algorithm {type(algorithm).__name__} "
                "has no architecture parameters that it could steer: set it to 0, or choose an "
                "algorithm with parameters"
            )
        self.budget = budget
        self.limits: list[Limit] = []
        self.expected = nn.ModuleList()
        if budget.max_params is not None:
            with in_last_stage(supernet):
                table = parameter_table(supernet)
            self._add("budget.max_params", table, budget.max_params, algorithm)

    def measure(
        self, supernet: Supernet, algorithm: SearchAlgorithm, inputs: Iterable[Any]
    ) -> None:
        """Count multiply-accumulates for one input, if they are limited and not yet known.

        Args:
            supernet: Gives the networks.
            algorithm: Is to name architectures within the limits.
            inputs: Batches of inputs, of which the first one's first input is taken, if there is
                one.

        Raises:
            ValueError: If the limit is not within the range of the search space.
        """
        name, maximum = "budget.max_macs", self.budget.max_macs
        if maximum is None or any(limit.name == name for limit in self.limits):
            return
        with torch.random.fork_rng([]):  # a loader draws a seed; the search is to go on as without
            batch = next(iter(inputs), None)
        if batch is not None:
            with in_last_stage(supernet):
                table = mac_table(supernet, first_input(batch))
            self._add(name, table, maximum, algorithm)
            self.to(next(supernet.parameters()).device)

    def _add(self, name: str, table: CostTable, maximum: int, algorithm: SearchAlgorithm) -> None:
        self.limits.append(Limit(name, table, maximum))
        self.expected.append(ExpectedCost(table))
        if self.budget.strict:
            algorithm.keep_within(self.limits)

    def forward(self, weights: Relaxation) -> Tensor | float:
        """Return the penalty of a relaxed architecture, a scalar in single precision."""
        if self.budget.penalty == 0:
            return 0.0
        excess = [
            (expected(weights) / limit.maximum).log().relu()
            for expected, limit in zip(self.expected, self.limits, strict=True)
        ]
        return self.budget.penalty * torch.stack(excess).sum().to(torch.float32)


def first_input(batch: Any) -> Any:
    """Return the first input of a batch, as a batch of one."""
    if isinstance(batch, Tensor):
        return batch[:1]
    if isinstance(batch, Mapping):
        return {name: first_input(part) for name, part in batch.items()}
    if isinstance(batch, tuple | list):
        return type(batch)(first_input(part) for part in batch)
    return batch
