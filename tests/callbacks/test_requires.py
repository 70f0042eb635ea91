from functools import partial

import pytest
import torch

from tangle.algorithms import DARTS, SPOS
from tangle.callbacks import PerturbationSelection, ProgressivePruning, ProgressiveShrinking
from tangle.modules import SubnetModule
from tests.planted import PlantedData, PlantedNet, make_search, make_trainer

CALLBACKS = [
    PerturbationSelection(),
    ProgressivePruning([[0.5, 1]]),
    ProgressiveShrinking([["width"]]),
]


@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda c: type(c).__name__)
def test_the_training_of_one_network_is_refused(callback):
    task = make_search(DARTS).task
    adam = partial(torch.optim.Adam, lr=0.1)
    subnet = SubnetModule(PlantedNet(), task, architecture="largest", optimizer=adam)
    name = type(callback).__name__
    with pytest.raises(ValueError, match=f"{name} takes part in a search, but SubnetModule is no"):
        make_trainer(callbacks=[callback]).fit(subnet, PlantedData())


@pytest.mark.parametrize("callback", CALLBACKS[:2], ids=lambda c: type(c).__name__)
def test_an_algorithm_without_alphas_is_refused(callback):
    with pytest.raises(ValueError, match="needs an algorithm with alphas, but the algorithm is SP"):
        make_trainer(callbacks=[callback]).fit(make_search(SPOS), PlantedData())
