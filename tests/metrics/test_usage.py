"""Which layers read which choices, and which no choice reaches."""

from __future__ import annotations

from tangle.metrics.usage import choice_uses, fixed_layers
from tangle.nn import Supernet
from tests.planted_misfit import Planted


def test_every_use_of_a_choice_is_told_with_its_axis():
    uses = [use for use in choice_uses(Supernet(Planted())) if use.choice == "ratio"]
    assert [(use.layer, use.axis) for use in uses] == [
        ("mix", "weight[0] = width * ratio"),
        ("mix", "bias[0] = width * ratio"),
        ("out", "weight[1] = width * ratio"),
    ]


def test_a_layer_that_no_choice_reaches_is_fixed():
    assert [(f.layer, f.parameters) for f in fixed_layers(Supernet(Planted()))] == [
        ("fixed", 8), ("out", 3),  # its bias
    ]  # fmt: skip
