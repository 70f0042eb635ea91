import re

import pytest

from tangle.benchmarks.scores import by_architecture, read_scores
from tangle.core import Choice, SearchSpace


def write(path, text):
    path.write_text(text)
    return path


def test_numbers_are_read_by_key_and_other_columns_ignored(tmp_path):
    path = write(tmp_path / "t.csv", "note,acc,a,b\nx,1.5,p,3\ny,2,q,3\n")
    assert read_scores(path, ("a", "b"), ("acc",)) == {
        ("p", "3"): {"acc": 1.5}, ("q", "3"): {"acc": 2.0},
    }  # fmt: skip


def test_a_table_from_a_spreadsheet_is_read(tmp_path):
    path = write(tmp_path / "t.csv", "\ufeffa,acc\r\np,1.5\r\n\r\n")
    assert read_scores(path, ("a",), ("acc",)) == {("p",): {"acc": 1.5}}


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "no.csv"))):
        read_scores(tmp_path / "no.csv", ("a",), ("acc",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,acc\np,1\n", "has no column b: its header is 'a,acc', and it must have a,b,acc"),
        ("", "has no column a, b, acc"),
        ("a,b,acc\np,1,1\nq,1,1\np,1,2\n", "line 4: p, 1 is there twice"),
        ("a,b,acc\np,1,many\n", "line 2: acc is 'many', which is no number"),
        ("a,b,acc\np,1,nan\n", "line 2: acc is 'nan', which is no number"),
        ("a,b,acc\np,1,inf\n", "line 2: acc is 'inf', which is no number"),
        ("a,b,acc\np,1\n", "line 2: acc is None, which is no number"),
    ],
)
def test_broken_tables_are_refused(text, problem, tmp_path):
    with pytest.raises(ValueError, match=problem):
        read_scores(write(tmp_path / "t.csv", text), ("a", "b"), ("acc",))


def test_keys_are_values_of_choices_of_any_kind():
    space = SearchSpace([Choice("a", ("p", "q")), Choice("b", (3, 5))])
    scores = {("q", "3"): {"acc": 1.0}, ("p", "5"): {"acc": 2.0}}
    assert by_architecture(scores, space, "table") == {(1, 0): {"acc": 1.0}, (0, 1): {"acc": 2.0}}
    with pytest.raises(ValueError, match=r"t[.]csv: Choice 'b' has the value '7'"):
        by_architecture({("q", "7"): {"acc": 1.0}}, space, "t.csv")
