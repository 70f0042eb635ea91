"""Forwards on shapes tell where they fail."""

from __future__ import annotations

import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics.dry_run import DryRun
from tangle.nn import Supernet
from tests.planted_misfit import Planted


def test_a_failure_names_the_innermost_module():
    run = DryRun(Supernet(Planted()), torch.zeros(1, 5))
    assert run.device == "meta"
    assert run.fails({"width": 0, "heads": 1, "ratio": 0}).layer == "split.parts.1"
    assert run.fails({"width": 1, "heads": 1, "ratio": 0}) is None


def test_a_net_that_needs_numbers_runs_on_the_cpu():
    class Needy(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = tnn.Linear(4, Choice("width", (2, 3)))

        def forward(self, x):
            return self.layer(x) if x.sum().item() == 0 else x

    run = DryRun(Supernet(Needy()), torch.zeros(1, 4))
    assert run.device == "cpu"
    assert run.fails({"width": 0}) is None
