"""Plain values as source that means them."""

import math

import pytest
import torch

from tangle.nn.literal import literal, verbatim
from tangle.nn.trace import UntraceableError

VALUES = [
    None, True, -3, 0.1, "it's", (), (1,), [1, (2.5, "x")], {"a": (1, None)}, ..., math.inf,
    -math.inf, slice(None, 3), torch.float16, torch.device("cpu"), torch.channels_last,
    torch.Size([2, 3]),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_source_means_the_value(value):
    assert eval(literal(value), {"torch": torch}) == value


def test_not_a_number_is_itself():
    assert math.isnan(eval(literal(math.nan)))


def test_names_stand_among_values():
    assert literal([1, verbatim("x.shape[0]")]) == "[1, x.shape[0]]"


def test_anything_else_is_refused():
    with pytest.raises(UntraceableError, match="object has no source"):
        literal((1, object()))
