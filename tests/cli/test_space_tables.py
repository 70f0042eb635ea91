"""An inspection as Markdown names everything."""

from __future__ import annotations

import torch
from torch import nn

import tangle.nn as tnn
from tangle.cli.space_tables import Times, markdown
from tangle.core import Choice
from tangle.metrics.inspection import inspect_space
from tangle.nn import Supernet


def test_choices_proof_costs_and_what_is_fixed_are_told():
    width = Choice("width", (2, 3))
    net = nn.Sequential(tnn.Linear(4, width), tnn.Linear(width, 5), nn.Linear(5, 2))
    text = markdown(inspect_space(Supernet(net), torch.zeros(1, 4), timed=False), Times(1.0, 3.0))
    assert "in 1.0 s, 3.0 s with loading" in text
    assert "| width | 2, 3 | 2: 0, 1 |" in text
    assert "Yes: every architecture was run: 2 of 2" in text
    assert "| 2 | Linear | 12 |" in text
