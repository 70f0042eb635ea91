"""Data, epochs and network are looked at before training; test_search_check.py has the network."""

from __future__ import annotations

import pytest
from torch.utils.data import DataLoader, TensorDataset

from tangle.algorithms import GDAS, SPOS, DrNAS
from tangle.modules import Budget
from tests.planted import PlantedData, make_search, make_trainer, planted_pair


def test_an_algorithm_that_goes_by_epochs_needs_their_number() -> None:
    module = make_search(GDAS)
    with pytest.raises(ValueError, match=r"GDAS goes by .* set trainer\.max_epochs"):
        make_trainer(epochs=-1, max_steps=4).fit(module, PlantedData())
    assert module.search_step == 0
    make_trainer(epochs=-1).validate(module, PlantedData(), verbose=False)


def test_one_that_does_not_is_content_with_a_limit_of_steps() -> None:
    module = make_search(DrNAS)
    make_trainer(epochs=-1, max_steps=4).fit(module, PlantedData())
    assert module.search_step == 2


@pytest.mark.parametrize("algorithm", [SPOS, DrNAS])
def test_distillation_is_refused_where_one_architecture_is_drawn(algorithm: type) -> None:
    module = make_search(algorithm, distillation=0.5)
    name = algorithm.__name__
    with pytest.raises(
        ValueError, match=rf"distillation is 0\.5, but .* {name} draws one .* set distillation to 0"
    ):
        make_trainer().fit(module, PlantedData())
    assert module.search_step == 0
    make_trainer().validate(module, PlantedData(), verbose=False)  # as of a run from before


@pytest.mark.parametrize("has_module", [True, False])
def test_data_without_an_arch_part_are_refused(has_module: bool) -> None:
    loader = DataLoader(TensorDataset(*planted_pair(16, 0)), 8)
    data = PlantedData(arch_fraction=0) if has_module else loader
    with pytest.raises(ValueError, match="arch_fraction above 0"):
        make_trainer().fit(make_search(DrNAS), data)
    make_trainer().fit(make_search(SPOS), data)


@pytest.mark.parametrize("has_module", [True, False])
def test_multiply_accumulates_are_counted_as_soon_as_there_is_an_input(has_module: bool) -> None:
    loaders = {
        part: DataLoader(TensorDataset(*planted_pair(16, 0)), 8) for part in ("weights", "arch")
    }
    module = make_search(DrNAS, budget=Budget(max_macs=40))
    make_trainer().fit(module, PlantedData() if has_module else loaders)
    assert [limit.name for limit in module.budget.limits] == ["budget.max_macs"]
