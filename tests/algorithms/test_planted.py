"""Where one candidate is strictly better, every algorithm finds it, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from tangle.algorithms import DARTS, GAEA, GDAS, SNAS, SPOS, DrNAS, SearchAlgorithm
from tangle.modules import SearchModule
from tests.planted import BEST_WIDTH, PlantedData, make_search, make_trainer, planted_pair

SEEDS = range(5)
SINGLE_STAGE: dict[str, Callable[..., SearchAlgorithm]] = {
    "DARTS": DARTS,
    "DARTS-sparsemax": partial(DARTS, projection="sparsemax"),
    "DrNAS": DrNAS,
    "DrNAS-kl": partial(DrNAS, kl_weight=1e-3),
    "GDAS": GDAS,
    "SNAS": SNAS,
    "GAEA": GAEA,
}


def _search(algorithm: Callable[..., SearchAlgorithm], seed: int, **options: Any) -> SearchModule:
    module = make_search(partial(algorithm, seed=seed), **options)
    torch.manual_seed(seed)
    module.supernet.net.init_weights()
    make_trainer(epochs=10, limit_val_batches=0).fit(module, PlantedData(seed=seed))
    return module


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("algorithm", SINGLE_STAGE.values(), ids=SINGLE_STAGE)
def test_single_stage_search_finds_the_better_candidate(
    algorithm: Callable[..., SearchAlgorithm], seed: int
) -> None:
    module = _search(algorithm, seed)
    best = module.algorithm.incumbents()["best"]
    assert module.supernet.space.describe(best) == {"width": BEST_WIDTH}


@pytest.mark.parametrize("seed", SEEDS)
def test_second_order_search_finds_the_better_candidate(seed: int) -> None:
    module = _search(DARTS, seed, unrolled=True)
    best = module.algorithm.incumbents()["best"]
    assert module.supernet.space.describe(best) == {"width": BEST_WIDTH}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_trained_supernet_ranks_the_better_candidate_first(seed: int) -> None:
    module = _search(SPOS, seed, arch_optimizer=None).eval()
    x, target = planted_pair(256, seed=99)
    space = module.supernet.space

    def loss(index: int) -> float:
        with torch.no_grad():
            return float(module.task.loss(module(x, {"width": index}), target))

    best = min(range(len(space["width"].candidates)), key=loss)
    assert space["width"].candidates[best] == BEST_WIDTH
