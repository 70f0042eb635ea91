"""Times of steps are measured within a budget, and otherwise follow from smaller ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tangle.metrics.step_time import materialized, step_times
from tests.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("tangle.metrics.step_time.time", clock)
    return clock


class Sleeper(nn.Linear):
    """Takes a time of its own for a forward, and more for the first one."""

    def __init__(self, clock: Clock, fixed: float, of_input: float, cold: float = 0.0) -> None:
        super().__init__(4, 4)
        self.clock = clock
        self.fixed, self.of_input, self.cold = fixed, of_input, cold

    def forward(self, x: Tensor) -> Tensor:
        self.clock.sleep(self.fixed + self.cold + self.of_input * len(x))
        self.cold = 0.0
        return super().forward(x)


def seconds(net: nn.Module, batch_size: int, budget: float) -> tuple[float, int]:
    [found] = step_times([lambda: net], [16], torch.zeros(1, 4), batch_size, budget=budget)
    return found.seconds, found.inputs


def test_a_batch_within_the_budget_is_measured_whole_and_the_first_step_does_not_count(
    clock: Clock,
) -> None:
    took, inputs = seconds(Sleeper(clock, 0.01, 0.0, cold=0.1), 64, budget=2.0)
    assert inputs == 64
    assert took == pytest.approx(0.01)


def test_a_batch_over_the_budget_follows_from_a_fixed_part_and_one_for_each_input(
    clock: Clock,
) -> None:
    took, inputs = seconds(Sleeper(clock, 0.02, 0.01), 1000, budget=0.5)
    assert 2 <= inputs < 100
    assert took == pytest.approx(10.02)


def test_what_is_over_the_budget_by_one_input_follows_by_macs():
    nets = [nn.Linear(4, 4), nn.Linear(8, 4)]
    build = [lambda net=net: net for net in nets]
    first, second = step_times(build, [16, 64], torch.zeros(1, 4), 8, budget=0.0)
    assert first.inputs == 1
    assert second.inputs == 0
    assert second.seconds == pytest.approx(4 * first.seconds)


def test_normalization_that_needs_two_inputs_gets_them():
    assert seconds(nn.BatchNorm1d(4), 8, budget=1.0)[1] == 8


def test_a_net_without_numbers_gets_some():
    net = materialized(nn.BatchNorm1d(3, device="meta"), torch.device("cpu"))
    assert net(torch.zeros(2, 3)).isfinite().all()
