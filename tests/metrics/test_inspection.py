"""An inspection leaves the network as it is, and tells no costs of what does not fit."""

from __future__ import annotations

import torch

from tangle.metrics.inspection import inspect_space
from tangle.nn import Supernet
from tests.planted_misfit import Planted


def test_costs_are_told_where_all_fits_and_the_net_is_left_alone():
    supernet = Supernet(Planted((2, 4)))
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    found = inspect_space(supernet, torch.zeros(1, 5), batch_size=4)
    assert [cost.name for cost in found.costs] == ["smallest", "median", "largest"]
    assert all(cost.step.seconds > 0 for cost in found.costs)
    assert supernet.training
    assert all(torch.equal(before[n], t) for n, t in supernet.state_dict().items())


def test_without_a_fit_there_are_no_costs():
    found = inspect_space(Supernet(Planted()), torch.zeros(1, 5))
    assert not found.proof.fits
    assert found.costs == ()


def test_roles_are_compared_where_there_are_numbers():
    supernet = Supernet(Planted((2, 4)))
    assert inspect_space(supernet, torch.zeros(1, 5), timed=False).exactness is None
    found = inspect_space(supernet, torch.zeros(1, 5), timed=False, with_numbers=lambda: supernet)
    assert found.exactness.architectures > 0
    assert found.exactness.inexactness is None


def test_roles_of_a_small_network_are_compared_in_one_thread():
    supernet, before, threads = Supernet(Planted((2, 4))), torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        inspect_space(
            supernet, torch.zeros(1, 5), timed=False,
            with_numbers=lambda: threads.append(torch.get_num_threads()) or supernet,
        )  # fmt: skip
        assert (threads, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)
