import pytest
import torch
from torch import nn

import tangle.nn as tnn
from tangle import Choice, Supernet
from tangle.callbacks.collapse import collapse


def sizes(*candidates):
    layers = [
        tnn.Linear(Choice(f"w{i}", values), Choice(f"w{i + 1}", candidates[i + 1]))
        for i, values in enumerate(candidates[:-1])
    ]
    return Supernet(nn.Sequential(*layers)).space


@pytest.mark.parametrize("direction", ["smallest", "largest"])
def test_decisions_that_all_agree_are_told(direction):
    space = sizes((2, 4), (8, 4), (1, 2, 3))
    assert collapse(getattr(space, direction)(), space) == direction


def test_one_that_differs_is_enough():
    space = sizes((2, 4), (8, 4), (1, 2, 3))
    assert collapse({**space.largest(), "w0": 0}, space) is None


def test_two_sizes_may_agree_by_chance():
    space = sizes((2, 4), (8, 4))
    assert collapse(space.smallest(), space) is None


class Edges(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.edges = nn.Sequential(*(
            tnn.OneOf(Choice(f"edge{i}", ("linear", "skip")),
                      {"linear": nn.Linear(3, 3), "skip": nn.Identity()})
            for i in range(3)
        ))  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.edges(x)


def test_operations_that_all_skip_are_told():
    space = Supernet(Edges()).space
    assert collapse({f"edge{i}": 1 for i in range(3)}, space) == "skip"
    assert collapse({"edge0": 0, "edge1": 1, "edge2": 1}, space) is None
