"""Each sampler is Optuna's, or ours, and its draws follow from seed and position."""

import optuna
import pytest

from tangle.core import Choice, SearchSpace
from tangle.selection import SAMPLERS, EvolutionSampler, EvolutionSettings, sampler_maker
from tangle.selection.parameters import distributions

SPACE = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(6)])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("random", optuna.samplers.RandomSampler), ("nsga2", optuna.samplers.NSGAIISampler),
     ("tpe", optuna.samplers.TPESampler), ("evolution", EvolutionSampler)],
)  # fmt: skip
def test_a_name_means_its_sampler(name, kind):
    assert type(sampler_maker(name, SPACE)(0)) is kind


@pytest.mark.parametrize("name", SAMPLERS)
def test_draws_follow_from_seed_and_position(name):
    def draw(seed, position):
        study = optuna.create_study(sampler=sampler_maker(name, SPACE, seed=seed)(position))
        for _ in range(position):
            study.add_trial(optuna.trial.create_trial(value=0.0))
        return study.ask(distributions(SPACE)).params

    draws = [draw(0, 0), draw(0, 1), draw(1, 0)]
    assert [draw(0, 0), draw(0, 1), draw(1, 0)] == draws
    assert draws[0] != draws[1]
    assert draws[0] != draws[2]


def test_nsga2_has_the_population_of_the_settings():
    settings = EvolutionSettings(population=12)
    assert sampler_maker("nsga2", SPACE, evolution=settings)(0).population_size == 12


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="no sampler 'cma': choose one of random, evolution"):
        sampler_maker("cma", SPACE)
