"""The expectation of a cost under independent choices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tangle.core import Choice, CostTable, Relaxation, Term
from tangle.nn.functional import in_full_precision, joint_weights


class ExpectedCost(nn.Module):
    """The expected cost when each choice is drawn by its architecture weights, differentiable.

    It is exact, as the cost is a sum of tables: each is averaged over the joint weights of its
    choices. At a one-hot architecture it is the cost itself. Tables that differ in their last
    choice only are one matrix `[J, K_1 + K_2 + ...]`, so a network of many layers takes few
    operations. Computed in double precision, where the device has it.

    Args:
        table: The cost.
    """

    def __init__(self, table: CostTable) -> None:
        super().__init__()
        groups: dict[tuple[str, ...], list[Term]] = {}
        for term in table.terms:
            groups.setdefault(term.names[:-1], []).append(term)
        self._shared = [[table.space[name] for name in names] for names in groups]
        self._last = [[term.names[-1:] for term in terms] for terms in groups.values()]
        for number, (choices, terms) in enumerate(zip(self._shared, groups.values(), strict=True)):
            # Whole numbers, which a module that is converted to half precision keeps.
            self.register_buffer(f"_counts_{number}", _matrix(choices, terms), persistent=False)

    def forward(self, weights: Relaxation) -> Tensor:
        """Return the expected cost, a scalar, for weights `[K]` of each choice."""
        device = next(iter(weights.values())).device
        dtype = torch.float32 if device.type == "mps" else torch.float64
        with in_full_precision(device):
            precise = {name: vector.to(dtype) for name, vector in weights.items()}
            one = torch.ones(1, dtype=dtype, device=device)
            total = torch.zeros((), dtype=dtype, device=device)
            for number, (choices, last) in enumerate(zip(self._shared, self._last, strict=True)):
                counts = self.get_buffer(f"_counts_{number}").to(dtype)
                joint = joint_weights(precise, choices) if choices else one
                ends = torch.cat([precise[names[0]] if names else one for names in last])
                total = total + joint @ counts @ ends
        return total


def _matrix(choices: Sequence[Choice], terms: Sequence[Term]) -> Tensor:
    """Return the tables side by side, `[J, K_1 + K_2 + ...]`."""
    joint = math.prod(len(choice.candidates) for choice in choices)
    return torch.cat([torch.from_numpy(term.counts).reshape(joint, -1) for term in terms], 1)
