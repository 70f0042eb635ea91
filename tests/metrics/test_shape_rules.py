"""Shortcuts give the shapes and refusals of torch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tangle.metrics.shape_rules import ShapeRules


def test_batch_normalisation_keeps_the_shape_and_refuses_other_channels():
    norm = nn.BatchNorm2d(3, device="meta").eval()
    with ShapeRules():
        assert norm(torch.zeros(2, 3, 4, 4, device="meta")).shape == (2, 3, 4, 4)
        with pytest.raises(RuntimeError, match="3 channels got an input of 5"):
            norm(torch.zeros(2, 5, 4, 4, device="meta"))


def test_numbers_are_computed_as_ever():
    norm, x = nn.BatchNorm2d(3).eval(), torch.randn(2, 3, 4, 4)
    with ShapeRules():
        assert torch.equal(norm(x), x / (1 + norm.eps) ** 0.5) or norm(x).allclose(x, atol=1e-4)
