import pytest

from tangle.cli.own_options import description, examples, own_options

VERBS = ("fit", "validate", "test", "predict")


@pytest.mark.parametrize("verb", VERBS)
def test_a_run_is_latest_unless_named(verb):
    assert own_options(verb).parse_args([]).run == "runs/latest"


def test_what_is_of_the_configuration_is_left_alone():
    own, rest = own_options("fit").parse_known_args(["-c", "a.yaml", "--run", "x", "--resume"])
    assert rest == ["-c", "a.yaml"]
    assert (own.run, own.resume, own.overwrite) == ("x", "last", False)


def test_options_of_another_verb_are_understood_but_not_told():
    assert own_options("test").parse_args(["--search", "runs/x"]).search == "runs/x"
    assert "--search" in description("fit")
    assert "--search DIR" not in description("test")


@pytest.mark.parametrize("verb", VERBS)
def test_help_begins_with_what_the_verb_does_and_fits_a_terminal(verb):
    text = description(verb)
    assert text.index("options of the run:") > 0
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("verb", VERBS)
def test_examples_are_of_the_verb(verb):
    first, *lines = examples(verb).splitlines()
    assert first == "examples:"
    assert all(line.startswith(f"  tangle {verb} ") for line in lines)
