"""Places of modules: conditions, and choices that are decided around them."""

from __future__ import annotations

from torch import nn

import tangle.nn as tnn
from tangle.core import Choice, Condition
from tangle.nn.place import places

WIDTH = Choice("width", (1, 2))
KERNEL = Choice("kernel", (3, 5))


def grouped() -> tnn.OneOf:
    conv = tnn.Conv2d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2)
    choice = Choice("op", ("five", "none", "three"))
    return tnn.OneOf(
        choice, {"five": tnn.Group(conv, KERNEL, ("three", "five")), "none": nn.Identity()}
    )


def place_of(net: nn.Module, kind: type[nn.Module]):
    (found,) = (place for place in places(net) if isinstance(place.module, kind))
    return found


def test_every_module_has_a_place() -> None:
    net = nn.Sequential(grouped(), nn.Sequential(nn.ReLU()))
    kinds = [type(place.module) for place in places(net)]
    assert kinds == [nn.Sequential, tnn.OneOf, tnn.Conv2d, nn.Identity, nn.Sequential, nn.ReLU]


def test_a_shared_module_has_several_places() -> None:
    shared = nn.Linear(2, 2)
    net = nn.ModuleList([nn.Sequential(shared), tnn.Stack(Choice("depth", (0, 1)), [shared])])
    uses = [place.use for place in places(net) if place.module is shared]
    assert uses == [(), (Condition("depth", frozenset({1})),)]


def test_a_place_is_reached_if_all_its_conditions_hold() -> None:
    net = tnn.Stack(Choice("depth", (1, 2)), [nn.Identity(), grouped()])
    place = place_of(net, tnn.Conv2d)
    reached = [
        (depth, op)
        for depth in (0, 1)
        for op in (0, 1, 2)
        if place.is_reached({"depth": depth, "op": op})
    ]
    assert reached == [(1, 0), (1, 2)]


def test_a_group_sees_the_version_that_the_operation_stands_for() -> None:
    place = place_of(grouped(), tnn.Conv2d)
    assert [place.local({"op": op, "width": 1}).get("kernel") for op in (0, 1, 2)] == [1, None, 0]


def test_choices_of_a_group_are_decided_by_the_operation() -> None:
    place = place_of(grouped(), tnn.Conv2d)
    assert place.deciding(place.module.own_choices()) == ("width", "op")
    assert [place.decides(choice) for choice in (KERNEL, WIDTH)] == [True, False]
