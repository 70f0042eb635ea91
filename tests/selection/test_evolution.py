"""Generations are made of what they should be made of."""

from __future__ import annotations

from random import Random

import optuna
import pytest
from optuna.trial import TrialState

from tangle.core import Choice, Condition, SearchSpace
from tangle.selection import EvolutionSampler, EvolutionSettings
from tangle.selection.parameters import distributions

FLAT = SearchSpace([Choice(f"c{i}", tuple(range(8))) for i in range(20)])
DEEP = SearchSpace(
    [Choice("depth", (1, 2, 3)), *(Choice(f"c{i}", tuple(range(20))) for i in (1, 2))],
    {f"c{i}": [(Condition("depth", frozenset(range(i, 3))),)] for i in (1, 2)},
)
SETTINGS = EvolutionSettings(population=30, select=4, mutants=10, crossovers=10)


def study_of(space, settings=SETTINGS, seed=0, direction="maximize"):
    sampler = EvolutionSampler(space, settings, seed=seed)
    return optuna.create_study(sampler=sampler, direction=direction)


def run(study, space, count, value=lambda arch: sum(arch.values())):
    for _ in range(count):
        trial = study.ask(distributions(space))
        study.tell(trial, value(space.parse(trial.params)))
    return [space.parse(trial.params) for trial in study.trials]


def differences(one, other):
    return sum(one[name] != other[name] for name in one)


def test_a_generation_is_mutants_then_crossings_then_random_ones():
    population = run(study_of(FLAT), FLAT, 60)
    first, second = population[:30], population[30:]
    best = sorted(first, key=lambda arch: -sum(arch.values()))[:4]
    nearest = [min(differences(arch, parent) for parent in best) for arch in second]
    # A mutant differs in 20 * 0.2 * 7/8 = 3.5 genes, a random architecture in 17.5.
    assert max(nearest[:10]) <= 9
    assert min(nearest[20:]) >= 11
    for child in second[10:20]:
        assert all(any(child[name] == parent[name] for parent in best) for name in FLAT)
        assert any(
            all(child[name] in (one[name], other[name]) for name in FLAT)
            for one in best
            for other in best
        )


def test_parents_are_the_best_of_all_generations_before_in_either_direction():
    value = {"maximize": 1, "minimize": -1}
    for direction, sign in value.items():
        study = study_of(FLAT, direction=direction)
        run(study, FLAT, 95, lambda arch, sign=sign: sign * sum(arch.values()))
        before = [FLAT.parse(trial.params) for trial in study.trials[:90]]
        expected = sorted(before, key=lambda arch: -sum(arch.values()))[:4]
        found = study.sampler._parents(study, 90)
        assert [sum(a.values()) for a in found] == [sum(a.values()) for a in expected]


def test_the_share_of_changed_genes_is_the_probability():
    sampler = EvolutionSampler(FLAT, EvolutionSettings(mutation=0.3))
    parent, rng = FLAT.smallest(), Random(0)
    changed = [differences(sampler._mutant(parent, rng), parent) for _ in range(400)]
    assert sum(changed) / len(changed) == pytest.approx(20 * 0.3 * 7 / 8, rel=0.05)


def test_structural_choices_change_with_their_own_probability():
    parent, rng = {"depth": 2, "c1": 5, "c2": 5}, Random(0)
    for probability in (0.0, 1.0):
        settings = EvolutionSettings(mutation=0.0, structural_mutation=probability)
        sampler = EvolutionSampler(DEEP, settings)
        depths = {sampler._mutant(parent, rng)["depth"] for _ in range(60)}
        assert depths == ({2} if probability == 0 else {0, 1, 2})


def test_layers_that_a_deeper_mutant_gains_are_random():
    sampler = EvolutionSampler(DEEP, EvolutionSettings(mutation=0.0, structural_mutation=1.0))
    rng, parent = Random(0), DEEP.canonical({"depth": 1, "c1": 7, "c2": 0})
    children = [sampler._mutant(parent, rng) for _ in range(300)]
    deep = [child for child in children if child["depth"] == 2]
    assert {child["c1"] for child in deep} == {7}
    assert len({child["c2"] for child in deep}) > 15
    assert all(child == DEEP.canonical(child) for child in children)


def test_parents_of_a_crossing_have_one_depth_where_there_are_such():
    sampler = EvolutionSampler(DEEP)
    shallow = [{"depth": 0, "c1": 0, "c2": 0}]
    deep = [{"depth": 2, "c1": i, "c2": i} for i in range(3)]
    for seed in range(50):
        one, other = sampler._pair(shallow + deep, Random(seed))
        assert one["depth"] == other["depth"]


def test_asked_again_it_proposes_another_and_at_last_a_random_one():
    study = study_of(FLAT, EvolutionSettings(population=5, select=1, mutants=5, mutation=0.0))
    run(study, FLAT, 5)
    best = max((FLAT.parse(t.params) for t in study.trials), key=lambda arch: sum(arch.values()))
    trial = study.ask()
    frozen = study.trials[trial.number]
    sampler = EvolutionSampler(FLAT, study.sampler.settings)
    asked = [FLAT.parse(sampler.sample_relative(study, frozen, {})) for _ in range(12)]
    assert asked[:10] == [best] * 10  # a mutant without mutation
    assert differences(asked[10], best) > 8
    assert asked[10] != asked[11]


def test_trials_follow_from_the_seed_and_do_not_depend_on_failed_ones():
    runs = [run(study_of(FLAT, seed=seed), FLAT, 70) for seed in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]
    study = study_of(FLAT)
    run(study, FLAT, 20)
    study.tell(study.ask(distributions(FLAT)), state=TrialState.FAIL)
    run(study, FLAT, 50)
    finished = [t for t in study.trials if t.state == TrialState.COMPLETE]
    assert [FLAT.parse(t.params) for t in finished] == runs[0]


def test_a_parameter_that_is_no_choice_is_refused():
    study = study_of(FLAT)
    with pytest.raises(ValueError, match="'lr' is no choice of the search space, which has c0"):
        study.ask().suggest_float("lr", 0, 1)
