"""A search is refused before it begins if its network could not be searched."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import tangle.nn as tnn
from tangle.algorithms import DARTS, SPOS
from tangle.core import Choice
from tests.planted import CLASSES, PlantedData, PlantedNet, make_search, make_trainer, planted_pair

WIDTH = Choice("width", (4, 8))


class Halves(nn.Module):
    """Splits a width that varies, and so is no prefix superposed."""

    def __init__(self, inputs: int = 4) -> None:
        super().__init__()
        self.up, self.down = tnn.Linear(inputs, WIDTH * 2), tnn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.up(x).chunk(2, -1)
        return self.down(left * right)


def test_a_network_that_is_another_superposed_is_refused_before_training() -> None:
    module = make_search(DARTS, Halves())
    with pytest.raises(ValueError, match=r"At width=4 the superposed network .* between up and do"):
        make_trainer().fit(module, PlantedData())
    assert module.search_step == 0


def test_it_is_refused_without_a_data_module_too() -> None:
    loaders = {
        part: DataLoader(TensorDataset(*planted_pair(16, 0)), 8) for part in ("weights", "arch")
    }
    module = make_search(DARTS, Halves())
    with pytest.raises(ValueError, match=r"At width=4 the superposed network"):
        make_trainer().fit(module, loaders)
    assert module.search_step == 0


def test_algorithms_of_single_architectures_need_no_superposition() -> None:
    module = make_search(SPOS, Halves())
    make_trainer().fit(module, PlantedData())
    assert module.search_step > 0


def test_it_can_be_left_out() -> None:
    module = make_search(DARTS, Halves(), check_network=False)
    make_trainer().fit(module, PlantedData())
    assert module.search_step > 0


def test_a_network_of_other_inputs_is_refused_with_both_shapes() -> None:
    with pytest.raises(ValueError, match=r"Halves does not take the data, of which a batch has"):
        make_trainer().fit(make_search(DARTS, Halves(5)), PlantedData())


def test_an_architecture_that_does_not_run_is_refused_by_name() -> None:
    net = nn.Sequential(tnn.Linear(4, WIDTH), nn.Linear(8, CLASSES))
    for algorithm in (DARTS, SPOS):
        with pytest.raises(ValueError, match="At width=4 the network does not run: 1 says"):
            make_trainer().fit(make_search(algorithm, net), PlantedData())


def test_the_search_goes_on_as_without_the_check() -> None:
    weights = []
    for check in (True, False):
        module = make_search(DARTS, PlantedNet(), check_network=check)
        make_trainer().fit(module, PlantedData())
        weights.append([p.detach() for p in module.supernet.parameters()])
    for one, other in zip(*weights, strict=True):
        assert torch.equal(one, other)
