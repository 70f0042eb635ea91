from __future__ import annotations

from pathlib import Path

import pytest

from tangle.algorithms import SPOS, DrNAS
from tangle.callbacks import ProgressivePruning
from tests.planted import PlantedData, make_search, make_trainer


def test_pruned_candidates_stay_closed_and_the_better_one_is_kept(tmp_path: Path) -> None:
    module = make_search(DrNAS)
    make_trainer(tmp_path, 4, [ProgressivePruning([(0.5, 1)])]).fit(module, PlantedData())
    (kept,) = module.algorithm.open["width"]
    assert module.algorithm.incumbents() == {"best": {"width": kept}}
    assert module.algorithm.draw(0)[0]["width"][kept] == 1


def test_an_algorithm_without_alphas_is_refused(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, 1, [ProgressivePruning()])
    with pytest.raises(ValueError, match=r"needs an algorithm with alphas, but .* SPOS"):
        trainer.fit(make_search(SPOS, arch_optimizer=None), PlantedData())


def test_epochs_without_limit_are_refused(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, -1, [ProgressivePruning()], max_steps=10)
    with pytest.raises(ValueError, match=r"ProgressivePruning goes by .* set trainer\.max_epochs"):
        trainer.fit(make_search(DrNAS), PlantedData())


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([(1.0, 2)], "must rise within"),
        ([(0.5, 2), (0.3, 1)], "must rise within"),
        ([(0.5, 0)], "must fall, to 1"),
        ([(0.3, 1), (0.5, 2)], "must fall, to 1"),
    ],
)
def test_stages_out_of_order_are_refused(stages, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ProgressivePruning(stages)
