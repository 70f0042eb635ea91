"""The help of every verb explains each of its options, and ends in examples of the verb."""

import re

import pytest

from tangle.cli.main import VERBS, main

SHORTEST = 15
"""Letters of an explanation; fewer would only repeat the option's name."""


@pytest.fixture
def text(request, capsys, monkeypatch):
    """The help of a verb, wide enough that no option's explanation is torn."""
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as stop:
        main([request.param, "--help"])
    assert stop.value.code in (0, None)
    return capsys.readouterr().out


def explanations(text: str) -> dict[str, str]:
    """Return each option and positional argument of a help text, with what is said of it."""
    found: dict[str, str] = {}
    name = None
    for line in text.splitlines():
        if match := re.match(r"  (-{1,2}\w\S*(?:,? \S+)*|\w\S*)(?:  +(\S.*))?$", line):
            name, first = match[1], match[2] or ""
            found[name] = first
        elif name and line.startswith("      "):
            found[name] += " " + line.strip()
        else:
            name = None
    return {name: said.strip() for name, said in found.items() if not name.startswith("tangle")}


every_verb = pytest.mark.parametrize("text", VERBS, indirect=True)


@every_verb
def test_every_option_is_explained(text):
    options = explanations(text)
    assert len(options) > 2
    unexplained = [name for name, said in options.items() if len(said) < SHORTEST]
    assert not unexplained


@pytest.mark.parametrize(("text", "verb"), [(verb, verb) for verb in VERBS], indirect=["text"])
def test_help_ends_in_examples(text, verb):
    epilog = re.split(r"^examples?:", text, flags=re.MULTILINE)[-1]
    assert epilog != text, "there is no epilog"
    assert re.search(rf"\btangle {verb}\b", epilog)
    assert all(command == verb for command in re.findall(r"\btangle (\w+)", epilog))


@pytest.mark.parametrize(
    ("text", "option"),
    [("fit", o) for o in ("--run", "--resume", "--overwrite", "--search", "--arch")]
    + [(verb, o) for verb in ("validate", "test", "predict") for o in ("--run", "--arch")],
    indirect=["text"],
)
def test_options_of_the_run_are_among_them(text, option):
    assert any(name.split()[0] == option for name in explanations(text))


def test_an_option_without_explanation_would_be_found():
    said = explanations(
        "options:\n  --one N   says what it is for\n  --two N\n  -t, --three  the last\n"
    )
    assert said == {"--one N": "says what it is for", "--two N": "", "-t, --three": "the last"}
