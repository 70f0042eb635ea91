"""What a budget may be."""

from __future__ import annotations

from typing import Any

import pytest

from tangle.modules import Budget


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither max_params nor max_macs: set one"),
        ({"max_params": -5}, r"budget.max_params is -5: it must be at least 1"),
        ({"max_macs": 0}, r"budget.max_macs is 0: it must be at least 1"),
        ({"max_params": 5, "penalty": -1.0}, r"budget.penalty is -1.0: it must be"),
        ({"max_params": 5, "penalty": float("nan")}, r"budget.penalty is nan: it must be"),
        ({"max_params": 5, "strict": False}, "strict is false and budget.penalty is 0"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Budget(**options)


def test_a_limit_alone_is_strict_and_has_no_penalty() -> None:
    budget = Budget(max_macs=5)
    assert (budget.max_params, budget.penalty, budget.strict) == (None, 0.0, True)
