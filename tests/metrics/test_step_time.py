"""Times of steps are measured within a budget, and otherwise in proportion."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tangle.metrics.step_time import materialized, step_times


def test_what_is_over_the_budget_follows_by_macs():
    nets = [nn.Linear(4, 4), nn.Linear(8, 4)]
    build = [lambda net=net: net for net in nets]
    first, second = step_times(build, [16, 64], torch.zeros(1, 4), 8, budget=0.0)
    assert first.inputs == 8
    assert second.inputs == 0
    assert second.seconds == pytest.approx(4 * first.seconds)


def test_a_net_without_numbers_gets_some():
    net = materialized(nn.BatchNorm1d(3, device="meta"), torch.device("cpu"))
    assert net(torch.zeros(2, 3)).isfinite().all()
