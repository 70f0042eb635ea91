"""Costs in closed form are checked against counting."""

import numpy as np
import pytest

from tangle.core import Choice, CostTable, SearchSpace, Term
from tangle.metrics.check import check_table

SPACE = SearchSpace([Choice("width", (1, 2))])
TABLE = CostTable(SPACE, [Term(("width",), np.array([5, 1000]))])


def test_equal_costs_pass() -> None:
    check_table(TABLE, "parameters", TABLE.at)


def test_different_costs_are_refused_with_both() -> None:
    with pytest.raises(ValueError, match=r"'width': 2} has 1,001 parameters, but .* have 1,000: "):
        check_table(TABLE, "parameters", lambda arch: TABLE.at(arch) + arch["width"])
