"""Options have the types and defaults that the help tells."""

import pytest

from tangle.cli.select_options import amount, evolution_settings, parse_options
from tangle.selection import EvolutionSettings


def test_defaults_are_those_of_the_sampler():
    options = parse_options(["runs/spos"])
    assert evolution_settings(options) == EvolutionSettings()
    assert (options.run, options.sampler, options.trials) == ("runs/spos", "evolution", 200)
    assert options.objectives is options.max_params is options.name is None


def test_evolution_has_its_options():
    text = (
        "r --population 30 --parents 5 --mutants 10 --crossovers 10 --mutation 0.1 "
        "--structural-mutation 0.3 --structural depth embed_dim"
    )
    options = parse_options(text.split())
    assert evolution_settings(options) == EvolutionSettings(
        population=30, select=5, mutants=10, crossovers=10, mutation=0.1, structural_mutation=0.3,
        structural=["depth", "embed_dim"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [("250000", 250_000), ("1e6", 1e6), ("1.5M", 1.5e6), ("20k", 20e3), ("2g", 2e9), ("-3", -3)],
)
def test_an_amount_may_have_a_suffix(text, number):
    assert amount(text) == number


def test_an_amount_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse_options(["r", "--max-params", "many"])
    assert "'many' is no number: give one such as 250000" in capsys.readouterr().err
