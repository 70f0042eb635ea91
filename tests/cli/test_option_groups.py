"""The help's titles and first options speak to the user."""

import pytest

from tangle.cli.main import main

VERBS = ("fit", "validate", "test", "predict")


@pytest.mark.parametrize("verb", VERBS)
def test_no_title_is_a_docstring_of_a_class(verb, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    titles = [
        line for line in capsys.readouterr().out.partition("\noptions:\n")[2].splitlines()
        if line.endswith(":") and not line.startswith(" ")
    ]  # fmt: skip
    assert "options of Lightning's trainer:" in titles
    assert "what is trained:" in titles
    assert not [title for title in titles if title[0] in "<`" or title[0].isupper()]


@pytest.mark.parametrize(
    ("verb", "option"), [("test", "--verbose"), ("predict", "--return_predict")]
)
def test_options_that_nothing_would_heed_are_none(verb, option, capsys):
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    assert option not in capsys.readouterr().out


def test_texts_hold_no_markup(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    text = capsys.readouterr().out
    assert ":paramref:" not in text
    assert ":class:" not in text
    assert "(float = fraction, int = num_batches). Value is per device. Default: 1.0." in text
    assert "If deterministic is set to True, this will default to False." in text
