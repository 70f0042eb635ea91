"""Segments of a linear layer, and what is the same for frozen and for trained layers."""

import pytest
import torch

import tangle.nn as tnn
from tangle.core import Choice
from tangle.nn.segments import as_autocast_has_it, few_segments, over_rows, times_segments

EMBED, RATIO = Choice("embed", (4, 2, 6)), Choice("ratio", (1, 3, 2))


def test_the_dimension_with_less_to_do_is_taken():
    wide = tnn.Linear(EMBED, EMBED * RATIO)  # 3 segments of 6 inputs, 8 of 18 outputs
    assert few_segments(wide.axes()["weight"]) == (0, (2, 2, 2, 2, 4, 6))
    narrow = Choice("narrow", (17, 18))
    square = tnn.Linear(narrow, narrow * Choice("one", (1,)))
    assert few_segments(square.axes()["weight"]) == (0, (17, 1))


def test_many_segments_are_left_to_the_superposed_weight():
    many = Choice("many", tuple(range(1, 20)))
    assert few_segments(tnn.Linear(many, many).axes()["weight"]) is None


@pytest.mark.parametrize("dim", [0, 1])
def test_each_segment_is_multiplied_by_its_values(dim):
    weight, sizes = torch.randn(6, 6), (1, 3, 2)
    values = torch.randn(3, 6)
    mask = values.repeat_interleave(torch.tensor(sizes), 0)
    expected = weight * (mask if dim == 0 else mask.T)
    torch.testing.assert_close(times_segments(weight, values, dim, sizes), expected)
    times_segments(weight, values, dim, sizes, inplace=True)
    torch.testing.assert_close(weight, expected)


def test_inputs_have_the_precision_of_autocast():
    x = torch.randn(3)
    assert as_autocast_has_it(x) is x
    with torch.autocast("cpu", torch.bfloat16):
        assert as_autocast_has_it(x).dtype == torch.bfloat16
        assert as_autocast_has_it(x.double()).dtype == torch.float64


def test_sums_over_rows_have_a_precision_of_their_own():
    ones = torch.ones(2, 1000, 3, dtype=torch.bfloat16)
    assert over_rows(ones, torch.float32).tolist() == [2000.0] * 3
