import optuna
import pytest

from tangle.selection import EvolutionSampler, Objective, Selection, make_sampler
from tangle.selection.parameters import distributions, key, to_architecture, to_parameters
from tests.selection.spaces import depths, widths

SMALL = {"population": 6, "select": 2, "mutants": 2, "crossovers": 2}


def make_study(space, sampler, values):
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for arch, value in values:
        parameters = to_parameters(arch, space)
        study.add_trial(optuna.trial.create_trial(params=parameters, value=value,
                                                  distributions=distributions(space)))  # fmt: skip
    return study


def generation(study, space, count):
    """The next architectures; they are told the worst value, so that the parents stay."""
    drawn = []
    for _ in range(count):
        trial = study.ask(distributions(space))
        study.tell(trial, -1.0)
        drawn.append(to_architecture(trial.params, space))
    return drawn


def first_generation(space, count=6):
    archs = [arch for arch, _ in zip(space.enumerate(), range(count), strict=False)]
    return [(arch, float(i)) for i, arch in enumerate(archs)]


def differences(a, b):
    return sum(a[name] != b[name] for name in a)


def test_mutants_stay_near_a_parent_and_crossings_between_two():
    space = widths(12)
    low, high = space.smallest(), space.largest()
    before = [(low, 5.0), (high, 4.0)] + [(space.smallest() | {"width_0": 1}, 0.0)] * 4
    sampler = EvolutionSampler(space, **SMALL, mutation=0.1)
    drawn = generation(make_study(space, sampler, before), space, 4)
    for mutant in drawn[:2]:
        assert min(differences(mutant, low), differences(mutant, high)) <= 5
    for crossing in drawn[2:]:
        assert set(crossing.values()) <= {0, 2}
    assert any(0 < differences(c, low) < 12 for c in drawn[2:])


def test_without_mutation_a_mutant_is_its_parent():
    space = widths(8)
    sampler = EvolutionSampler(space, **SMALL, mutation=0.0, structural_mutation=0.0)
    before = first_generation(space)
    best = [before[-1][0], before[-2][0]]
    drawn = generation(make_study(space, sampler, before), space, 2)
    assert all(mutant in best for mutant in drawn)


def test_structural_choices_mutate_by_their_own_probability():
    space = depths()
    options = {**SMALL, "mutants": 6, "crossovers": 0}
    sampler = EvolutionSampler(space, **options, mutation=0.0, structural_mutation=1.0)
    parent = space.largest()
    study = make_study(space, sampler, [(parent, 9.0)] * 6)
    drawn = generation(study, space, 6)
    assert {arch["depth"] for arch in drawn} == {0, 1, 2}
    assert all(arch["width_0"] == parent["width_0"] for arch in drawn)


def test_layers_that_a_mutation_adds_are_drawn_at_random():
    space = depths()
    shallow = space.canonical({"depth": 0, "width_0": 2, "width_1": 0, "width_2": 0})
    options = {"population": 40, "select": 1, "mutants": 40, "crossovers": 0}
    sampler = EvolutionSampler(space, **options, mutation=0.0, structural_mutation=1.0)
    drawn = generation(make_study(space, sampler, [(shallow, 9.0)] * 40), space, 40)
    assert {arch["width_1"] for arch in drawn if arch["depth"] > 0} == {0, 1, 2}


def test_a_crossing_takes_layers_that_one_parent_has_from_that_parent():
    space = depths()
    shallow = {"depth": 0, "width_0": 0, "width_1": 0, "width_2": 0}
    deep = {"depth": 2, "width_0": 0, "width_1": 2, "width_2": 2}
    options = {"population": 30, "select": 2, "mutants": 0, "crossovers": 30}
    study = make_study(
        space, EvolutionSampler(space, **options), [(shallow, 2.0), (deep, 1.0)] * 15
    )
    for arch in generation(study, space, 30):
        if arch["depth"] == 2:
            assert (arch["width_1"], arch["width_2"]) == (2, 2)


def test_parents_are_the_best_in_the_direction_of_the_study():
    space = widths(8)
    sampler = EvolutionSampler(space, **{**SMALL, "select": 1}, mutation=0.0)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    for arch, value in first_generation(space):
        study.add_trial(optuna.trial.create_trial(
            params=to_parameters(arch, space), distributions=distributions(space), value=value
        ))  # fmt: skip
    trial = study.ask(distributions(space))
    assert to_architecture(trial.params, space) == first_generation(space)[0][0]


def test_a_study_that_goes_on_draws_what_it_would_have_drawn(tmp_path):
    space = widths(6)

    def run(path, *counts):
        for count in counts:
            make = make_sampler("evolution", space, evolution=SMALL, seed=3)
            study = Selection(space, [Objective("x", True)], path, sampler=make)
            study.run(lambda arch: [sum(arch.values())], count)
        return [key(to_architecture(t.params, space), space) for t in study.trials]

    assert run(tmp_path / "a" / "j", 20) == run(tmp_path / "b" / "j", 7, 13, 20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mutation": 1.5}, "mutation is 1.5: a probability must be in"),
        ({"population": 0}, "population 0 and select 10 must be at least 1"),
        ({"population": 10}, "25 mutants and 25 crossovers are more than the population of 10"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        EvolutionSampler(widths(), **options)
