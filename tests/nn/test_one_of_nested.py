"""Choices within operations, and operations within operations."""

import copy

import pytest
import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Group, OneOf, Supernet
from tests.nn.reference import DTYPES, assert_roles_agree

KERNEL = Choice("kernel", (3, 5))


def conv(kernel=KERNEL):
    layer = tnn.Conv2d(2, 2, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), layer, tnn.BatchNorm2d(2, affine=False))


def test_choices_of_an_operation_matter_while_it_is_taken():
    width = Choice("width", (1, 2))
    wide = nn.Sequential(tnn.Conv2d(2, width, 1), tnn.Conv2d(width, 2, 1))
    net = OneOf(Choice("edge", ("skip", "wide")), {"skip": nn.Identity(), "wide": wide})
    space = Supernet(net).space
    assert space.cardinality == 1 + 2
    assert space.canonical({"edge": 0, "width": 1}) == {"edge": 0, "width": 0}


def nested():
    """A stack of edges; one operation is a stack itself, another a group that decides a depth."""

    def block(i):
        depth, inner = Choice(f"depth_{i}", (1, 2)), Choice("inner", (0, 1, 2))
        width = Choice(f"width_{i}", (1, 2))
        bottleneck = nn.Sequential(tnn.Conv2d(2, width, 1), tnn.Conv2d(width, 2, 1))
        return OneOf(
            Choice(f"edge_{i}", ("none", "one", "two", "deep")),
            {
                "deep": tnn.Stack(depth, [conv(kernel_of(i)), bottleneck]),
                "one": Group(
                    tnn.Stack(inner, [conv(kernel_of(i)), copy.deepcopy(bottleneck)]),
                    inner,
                    ("none", "one", "two"),
                ),
            },
        )

    def kernel_of(i):
        return Choice(f"kernel_{i}", (3, 5))

    return tnn.Stack(Choice("depth", (1, 2)), [block(i) for i in range(2)])


def test_conditions_pass_through_derived_choices():
    """A group whose inner choice is a depth: its blocks matter by the operation that is taken."""
    space = Supernet(nested()).space
    assert set(space) == {"depth"} | {
        f"{name}_{i}" for name in ("edge", "depth", "width", "kernel") for i in range(2)
    }
    arch = {**dict.fromkeys(space, 0), "depth": 1}
    operations = space["edge_1"].candidates
    always = {"depth", "edge_0", "edge_1"}
    for operation, expected in (
        ("none", set()),
        ("one", {"kernel_1"}),
        ("two", {"kernel_1", "width_1"}),
        ("deep", {"kernel_1", "depth_1"}),
    ):
        active = space.active({**arch, "edge_1": operations.index(operation)})
        assert active == always | expected, operation
    assert "edge_1" not in space.active({**arch, "depth": 0})
    # An edge has 1 + 2 + 4 versions of the group, and 2 + 4 of the other stack.
    assert space.cardinality == 13 + 13**2


@pytest.mark.parametrize("dtype", DTYPES)
def test_nested_choices_have_the_three_roles(dtype):
    assert_roles_agree(
        lambda: nn.Sequential(nn.Conv2d(1, 2, 1), nested()),
        torch.randn(4, 1, 6, 6),
        dtype,
        count=12,
        whole_state=False,
    )


def test_group_within_a_group_is_decided_by_the_outermost_choice():
    outer = Choice("outer", ("small", "large"))
    inner = OneOf(outer, {"small": Group(conv(), KERNEL, ("small", "large"))})
    net = OneOf(
        Choice("edge", ("skip", "conv5", "conv3")),
        {"skip": nn.Identity(), "conv3": Group(inner, outer, ("conv3", "conv5"))},
    )
    space = Supernet(net).space
    assert list(space) == ["edge"]
    for dtype in DTYPES:
        assert_roles_agree(
            lambda: nn.Sequential(nn.Conv2d(1, 2, 1), copy.deepcopy(net)),
            torch.randn(4, 1, 6, 6),
            dtype,
            whole_state=False,
        )


def test_conditions_within_a_group_within_a_group_are_on_the_outermost_choice():
    depth, width = Choice("blocks", (1, 2)), Choice("width", (1, 2))
    bottleneck = nn.Sequential(tnn.Conv2d(2, width, 1), tnn.Conv2d(width, 2, 1))
    stack = tnn.Stack(depth, [nn.Conv2d(2, 2, 1), bottleneck])
    outer = Choice("outer", ("flat", "deep"))
    inner = OneOf(outer, {"flat": Group(stack, depth, ("flat", "deep"))})
    operations = {"skip": nn.Identity(), "two": Group(inner, outer, ("one", "two"))}
    space = Supernet(OneOf(Choice("edge", ("two", "skip", "one")), operations)).space
    assert list(space) == ["edge", "width"]
    active = {name for edge, name in enumerate(("two", "skip", "one"))
              if "width" in space.active({"edge": edge, "width": 1})}  # fmt: skip
    assert active == {"two"}


def test_group_must_name_an_operation_for_each_version():
    with pytest.raises(
        ValueError, match=r"must name one operation for each candidate \(3, 5\) of 'k"
    ):
        OneOf(Choice("edge", ("a", "b", "c")), {"a": Group(conv(), KERNEL, ("a", "b", "c"))})


def test_group_must_read_its_inner_choice():
    other = Choice("kernel", (3, 5, 7))
    for module in (nn.Identity(), conv(other)):
        with pytest.raises(
            ValueError, match=r"decides Choice.*'kernel'.* but no layer .* reads it"
        ):
            OneOf(Choice("edge", ("a", "b")), {"a": Group(module, KERNEL, ("a", "b"))})
