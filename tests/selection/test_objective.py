"""An objective knows which of two values is better."""

import math

from tangle.selection import Objective


def test_less_cost_is_better():
    assert Objective("loss").cost(2.0) < Objective("loss").cost(3.0)
    accuracy = Objective("accuracy", larger_is_better=True)
    assert accuracy.cost(0.9) < accuracy.cost(0.1)


def test_direction_is_optunas_word():
    assert Objective("loss").direction == "minimize"
    assert Objective("accuracy", larger_is_better=True).direction == "maximize"


def test_what_is_not_a_number_is_worst():
    assert Objective("loss").known(math.nan) == math.inf
    assert Objective("accuracy", larger_is_better=True).known(math.nan) == -math.inf
    assert Objective("loss").known(0.5) == 0.5
