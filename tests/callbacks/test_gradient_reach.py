import pytest
import torch
from torch import nn

from tangle.callbacks.gradient_reach import GradientReach


def reach(*shape):
    parameter = nn.Parameter(torch.zeros(shape))
    return GradientReach([("w", parameter)]), parameter


def test_without_a_gradient_all_of_it_is_untrained():
    watch, _ = reach(2, 3)
    watch.look()
    assert watch.untrained() == {"w": "all of it"}


def test_a_slice_that_is_never_reached_is_named():
    watch, parameter = reach(4, 3, 2)
    parameter.grad = torch.ones(4, 3, 2)
    parameter.grad[2:] = 0
    watch.look()
    assert watch.untrained() == {"w": "2 of 4 indices of dimension 0 (2, 3)"}
    parameter.grad = torch.ones(4, 3, 2)
    parameter.grad[:, 1] = 0
    watch.look()
    assert watch.untrained() == {}


def test_slices_of_every_dimension_are_watched():
    watch, parameter = reach(2, 8)
    parameter.grad = torch.ones(2, 8)
    parameter.grad[:, 1:] = 0
    watch.look()
    assert watch.untrained() == {"w": "7 of 8 indices of dimension 1 (1, 2, 3, 4, 5, ...)"}


@pytest.mark.parametrize("shape", [(), (5,)])
def test_vectors_and_scalars_are_watched(shape):
    watch, parameter = reach(*shape)
    parameter.grad = torch.ones(shape)
    watch.look()
    assert watch.untrained() == {}


def test_what_is_frozen_is_not_watched():
    frozen = nn.Parameter(torch.zeros(2), requires_grad=False)
    assert GradientReach([("w", frozen)]).untrained() == {}


def test_what_is_reached_is_dropped_as_the_search_runs():
    watch, parameter = reach(4, 3)
    parameter.grad = torch.ones(4, 3)
    watch.look()
    parameter.grad = None
    assert not watch._left
    assert watch.untrained() == {}


def test_a_slice_that_is_reached_late_is_seen():
    watch, parameter = reach(2, 2)
    parameter.grad = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    for _ in range(200):
        watch.look()
    assert "1 of 2 indices of dimension 0 (1)" in watch.untrained()["w"]
    parameter.grad = torch.ones(2, 2)
    for _ in range(16):
        watch.look()
    assert watch.untrained() == {}
