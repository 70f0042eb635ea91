import optuna
import pytest
from optuna.samplers import RandomSampler

from tangle.selection.parameters import distributions, key, to_architecture
from tangle.selection.unseen import UnseenSampler, seen_architectures
from tests.selection.spaces import depths, widths


def draw(space, count, is_feasible=None):
    sampler = UnseenSampler(RandomSampler(seed=0), space, is_feasible=is_feasible)
    study = optuna.create_study(sampler=sampler)
    for _ in range(count):
        study.tell(study.ask(distributions(space)), 0.0)
    return study, [to_architecture(trial.params, space) for trial in study.trials]


def test_every_architecture_is_drawn_once_until_none_is_left():
    space = depths()
    study, drawn = draw(space, space.cardinality)
    assert len({key(arch, space) for arch in drawn}) == space.cardinality == 39
    with pytest.raises(LookupError, match="every feasible architecture of the space has been"):
        study.ask(distributions(space))


def test_inactive_choices_are_at_their_first_candidate():
    space = depths()
    assert all(arch == space.canonical(arch) for arch in draw(space, 39)[1])


def test_only_feasible_architectures_are_drawn():
    space = widths(4)
    _, drawn = draw(space, 15, lambda arch: sum(arch.values()) <= 2)
    assert len({tuple(arch.values()) for arch in drawn}) == 15
    assert all(sum(arch.values()) <= 2 for arch in drawn)


def test_a_budget_that_hardly_any_architecture_keeps_is_met_in_a_large_space():
    space = widths(40)
    _, drawn = draw(space, 10, lambda arch: sum(arch.values()) <= 3)
    assert len({tuple(arch.values()) for arch in drawn}) == 10
    assert all(sum(arch.values()) <= 3 for arch in drawn)


def test_a_trial_that_failed_is_not_seen():
    space = widths(2)
    study, _ = draw(space, 3)
    study.tell(study.ask(distributions(space)), state=optuna.trial.TrialState.FAIL)
    assert len(seen_architectures(study, space)) == 3
