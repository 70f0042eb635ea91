import optuna
import pytest

from tangle.core import Choice, SearchSpace
from tangle.selection import EvolutionSampler
from tangle.selection.parameters import distributions

SPACE = SearchSpace([Choice("width", (4, 8)), Choice("kernel", (3, 5))])


def test_all_choices_are_drawn_together():
    study = optuna.create_study(sampler=EvolutionSampler(SPACE))
    trial = study.ask(distributions(SPACE))
    assert trial.relative_params == trial.params
    assert trial.params.keys() == set(SPACE)


def test_a_parameter_that_is_no_choice_is_refused():
    study = optuna.create_study(sampler=EvolutionSampler(SPACE))
    with pytest.raises(ValueError, match="'depth' is no choice of the search space, which has w"):
        study.ask(distributions(SPACE)).suggest_int("depth", 1, 3)
