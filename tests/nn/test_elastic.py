import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice, Condition
from tangle.nn import Supernet
from tangle.nn.binding import bound
from tangle.nn.elastic import Branch, Elastic
from tangle.nn.functional import mix
from tests.nn.reference import DTYPES, assert_roles_agree

GATE, WIDTH = Choice("gate", ("off", "on")), Choice("width", (2, 4))


class Gated(Elastic):
    """A module with a choice of its own, as a user may write it: a residual that may be absent."""

    def __init__(self):
        super().__init__()
        self.branch = nn.Sequential(tnn.Linear(3, WIDTH), nn.Tanh(), tnn.Linear(WIDTH, 3))

    def forward(self, x):
        scope = bound()
        if scope.is_relaxed:
            return mix(scope.weights()["gate"], [x, x + self.branch(x)])
        return x + self.branch(x) if scope.indices()["gate"] else x

    def own_choices(self):
        return (GATE,)

    def branches(self):
        return [Branch(self.branch, Condition("gate", frozenset({1})))]

    def extracted(self, arch, extraction):
        return Residual(extraction.module(self.branch, arch) if arch["gate"] else None)


class Residual(nn.Module):
    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return x if self.branch is None else x + self.branch(x)


def test_module_of_ones_own_takes_part_in_the_space():
    space = Supernet(nn.Sequential(nn.Linear(3, 3), Gated())).space
    assert list(space) == ["gate", "width"]
    assert space.cardinality == 1 + 2
    assert space.canonical({"gate": 0, "width": 1}) == {"gate": 0, "width": 0}


def test_module_of_ones_own_has_the_three_roles():
    for dtype in DTYPES:
        assert_roles_agree(
            lambda: nn.Sequential(nn.Linear(3, 3), Gated(), nn.Linear(3, 2)),
            torch.randn(5, 3, dtype=torch.float64),
            dtype,
        )
