import math

import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice
from tangle.metrics.exact_trial import LIMITS, ExactTrial
from tangle.nn import Supernet

WIDTH = Choice("width", (4, 8))
X = torch.zeros(1, 5)


def trial(net: nn.Module, x=X) -> ExactTrial:
    made = ExactTrial(Supernet(net), x, torch.float64)
    made.supernet.eval()
    return made


def test_roles_agree_for_a_right_network() -> None:
    made = trial(nn.Sequential(tnn.Linear(5, WIDTH), nn.ReLU(), tnn.Linear(WIDTH, 2)))
    errors = made.errors(["superposed", "extracted"], {"width": 0})
    assert max(errors.values()) < 1e-12
    assert made.limit == LIMITS[torch.float64]
    assert not made.is_random({"width": 0})


def test_inputs_differ_and_weights_have_moved() -> None:
    net = nn.Sequential(tnn.Linear(5, WIDTH), tnn.BatchNorm1d(WIDTH))
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    made = trial(net)
    (output,) = made.output("sliced", {"width": 1})
    assert output.shape == (2, 8)
    assert output.unique().numel() == output.numel()
    assert all((p != 0).all() for p in made.supernet.parameters())
    assert (made.supernet.net[1].running_mean != 0).all()
    assert (net[0].weight == 0).all()


def test_a_network_that_does_not_run_differs_infinitely_and_tells_where() -> None:
    made = trial(nn.Sequential(tnn.Linear(5, WIDTH), nn.Linear(8, 2)))
    assert isinstance(made.output("sliced", {"width": 0}), RuntimeError)
    assert made.errors(["superposed"], {"width": 0}) == {"superposed": math.inf}
    assert made.failing("sliced", {"width": 0}) == "1"
    assert made.failing("extracted", {"width": 0}) == "1"
    assert not made.is_random({"width": 0})


def test_numbers_that_are_drawn_once_in_a_while_are_random_and_those_of_a_seed_are_not() -> None:
    class Seldom(nn.Module):
        def forward(self, x):
            return x * 0 if torch.rand(()) > 0.6 else x

    made = trial(nn.Sequential(tnn.Linear(5, WIDTH), Seldom(), tnn.Linear(WIDTH, 2)))
    assert made.is_random({"width": 0})
    assert max(made.errors(["superposed", "extracted"], {"width": 0}).values()) < 1e-12


def test_whole_numbers_and_other_inputs_stay_as_they_are() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = tnn.Embedding(4, WIDTH)

        def forward(self, x):
            assert x["mode"] == "text"
            return self.tokens(x["tokens"])

    made = trial(Net(), {"tokens": torch.tensor([[3, 1, 2]]), "mode": "text"})
    (output,) = made.output("sliced", {"width": 0})
    assert output.shape == (2, 3, 4)
    assert torch.equal(output[0], output[1])
