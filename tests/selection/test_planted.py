"""Where one candidate is strictly better, every sampler finds it, whatever the seed."""

from __future__ import annotations

import statistics
from functools import lru_cache, partial

import pytest
import torch

from tangle.algorithms import SPOS
from tangle.core import Choice, SearchSpace
from tangle.modules import Inherited
from tangle.selection import SAMPLERS, EvolutionSettings, Objective, Study
from tests.planted import BEST_WIDTH, PlantedData, make_search, make_trainer, planted_pair

SEEDS = range(5)


@lru_cache
def trained(seed):
    module = make_search(partial(SPOS, seed=seed), arch_optimizer=None)
    torch.manual_seed(seed)
    module.supernet.net.init_weights()
    make_trainer(epochs=10, limit_val_batches=0).fit(module, PlantedData(seed=seed))
    return module


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_better_network_of_a_trained_supernet_is_found(sampler, seed, tmp_path):
    module = trained(seed)
    judge = Inherited(module.supernet, module.task, [planted_pair(256, seed=99)])
    objective = Objective(module.task.monitor, module.task.larger_is_better)
    space = module.supernet.space
    study = Study(space, tmp_path, [objective], sampler=sampler, seed=seed)
    study.run(judge, 2)
    assert space.describe(study.best.architecture) == {"width": BEST_WIDTH}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sampler", ["evolution", "nsga2", "tpe"])
def test_a_sampler_that_learns_proposes_better_than_chance(sampler, seed, tmp_path):
    space = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(12)])
    study = Study(
        space, tmp_path, [Objective("score", True)], sampler=sampler, seed=seed,
        evolution=EvolutionSettings(population=12, select=4),
    )  # fmt: skip
    study.run(lambda arch: {"score": sum(index == 2 for index in arch.values())}, 60)
    last = [trial.values["score"] for trial in study.trials[-24:]]
    assert statistics.mean(last) > 12 / 3 + 1  # chance has 4 +- 0.35
