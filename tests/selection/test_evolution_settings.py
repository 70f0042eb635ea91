"""Settings fit together, or are refused by name."""

import pytest

from tangle.core import Choice, Condition, SearchSpace
from tangle.selection import EvolutionSettings

SPACE = SearchSpace(
    [Choice("embed_dim", (8, 16)), Choice("depth", (1, 2)), Choice("ratio_1", (2, 4))],
    {"ratio_1": [(Condition("depth", frozenset({1})),)]},
)


def test_defaults_are_those_of_autoformer():
    settings = EvolutionSettings()
    numbers = (settings.population, settings.select, settings.num_mutants, settings.num_crossovers)
    assert numbers == (50, 10, 25, 25)
    assert (settings.mutation, settings.structural_mutation) == (0.2, 0.4)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [({"mutants": 10}, (10, 20)), ({"crossovers": 25}, (5, 25)),
     ({"mutants": 10, "crossovers": 10}, (10, 10)), ({}, (15, 15))],
)  # fmt: skip
def test_what_is_not_given_fills_the_population(options, numbers):
    settings = EvolutionSettings(population=30, **options)
    assert (settings.num_mutants, settings.num_crossovers) == numbers


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"population": 0}, "population is 0: it must be at least 1"),
        ({"select": 0}, "select is 0"),
        ({"mutants": 51}, "mutants is 51: it must be from 0 to the population of 50"),
        ({"crossovers": -1}, "crossovers is -1"),
        ({"mutants": 30, "crossovers": 30}, "30 mutants and 30 crossovers are more than"),
        ({"mutation": 1.5}, r"mutation is 1.5: a probability must be in \[0, 1\]"),
        ({"structural_mutation": -0.1}, "structural_mutation is -0.1"),
    ],
)
def test_what_is_out_of_range_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        EvolutionSettings(**options)


def test_structural_choices_are_those_on_which_others_depend_unless_named():
    assert EvolutionSettings().structural_in(SPACE) == {"depth"}
    settings = EvolutionSettings(structural=["depth", "embed_dim"])
    assert settings.structural_in(SPACE) == {"depth", "embed_dim"}
    with pytest.raises(ValueError, match=r"structural names width, but the choices .* embed_dim"):
        EvolutionSettings(structural=["width"]).structural_in(SPACE)
