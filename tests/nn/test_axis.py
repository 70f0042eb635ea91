import copy

import pytest
import torch

from tangle.core import Choice, Fixed
from tangle.nn.axis import Axis, Keep
from tests.nn.reference import every_version

EMBED, RATIO = Choice("embed", (6, 4, 9)), Choice("ratio", (1, 2.5))
KERNEL, EVEN = Choice("kernel", (5, 7, 3)), Choice("kernel", (4, 2))


@pytest.mark.parametrize(
    "axis",
    [
        Axis(EMBED),
        Axis(EMBED * RATIO),
        Axis(EMBED // 2),
        Axis(KERNEL, Keep.CENTRE),
        Axis(EVEN, Keep.CENTRE),
        Axis(Fixed(5)),
    ],
    ids=str,
)
def test_membership_marks_what_the_slice_keeps(axis):
    versions = list(every_version(axis.size.choices))
    membership = axis.membership(axis.size.choices)
    assert membership.dtype == torch.bool
    assert membership.shape == (len(versions), axis.size.max)
    for marks, (_, arch) in zip(membership, versions, strict=True):
        entries = torch.arange(axis.size.max)
        assert entries[marks].tolist() == entries[axis.slice_at(arch)].tolist()
        assert int(marks.sum()) == axis.size.at(arch)


def test_prefix_and_centre_of_each_candidate():
    kept = [list(range(9))[Axis(EMBED).slice_at({"embed": i})] for i in range(3)]
    assert kept == [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3], list(range(9))]
    axis = Axis(KERNEL, Keep.CENTRE)
    kept = [list(range(7))[axis.slice_at({"kernel": i})] for i in range(3)]
    assert kept == [[1, 2, 3, 4, 5], list(range(7)), [2, 3, 4]]
    axis = Axis(EVEN, Keep.CENTRE)
    assert [list(range(4))[axis.slice_at({"kernel": i})] for i in range(2)] == [
        [0, 1, 2, 3],
        [1, 2],
    ]


def test_membership_spans_more_choices_than_its_own():
    axis = Axis(EMBED)
    membership = axis.membership((RATIO, EMBED))
    assert torch.equal(membership, axis.membership((EMBED,)).repeat(2, 1))


@pytest.mark.parametrize("size", [Choice("width", (8, 0)), Choice("width", (8, -4)), Fixed(0)])
def test_size_below_one_is_refused(size):
    with pytest.raises(ValueError, match=r"Size .* is (0|-4) for one of its candidates, but a lay"):
        Axis(size)


def test_size_that_rounds_down_to_zero_is_refused():
    with pytest.raises(ValueError, match=r"Size \(embed\) // 5 is 0 for one of its candidates"):
        Axis(EMBED // 5)


def test_kernels_of_even_and_odd_sizes_have_no_common_centre():
    with pytest.raises(ValueError, match=r"Kernel sizes \[3, 4, 5\] of kernel mix even and odd: "):
        Axis(Choice("kernel", (3, 5, 4)), Keep.CENTRE)
    Axis(Choice("width", (3, 5, 4)))  # widths are prefixes and may be anything


def test_choice_of_text_is_no_size():
    with pytest.raises(ValueError, match=r"'operation' is a choice of text .* use it in a OneOf"):
        Axis(Choice("operation", ("skip", "conv")))


def test_a_deep_copy_is_the_axis_itself() -> None:
    axis = Axis(EMBED)
    assert copy.deepcopy([axis])[0] is axis
