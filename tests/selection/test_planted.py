"""Where one candidate is strictly better, every sampler finds it, whatever the seed."""

from __future__ import annotations

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


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sampler", ["evolution", "nsga2", "tpe"])
def test_a_sampler_that_learns_comes_nearer_to_the_optimum_than_chance(sampler, seed, tmp_path):
    space = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(8)])

    def best(name):
        study = Study(
            space, tmp_path / name, [Objective("score", True)], sampler=name, seed=seed,
            evolution=EvolutionSettings(population=15, select=5),
        )  # fmt: skip
        study.run(lambda arch: {"score": sum(v == 2 for v in arch.values())}, 75)
        return study.best.values["score"]

    assert best(sampler) > best("random")
