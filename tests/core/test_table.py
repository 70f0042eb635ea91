"""Tables come back, and lack nothing but what was not there."""

from pathlib import Path

from tangle.core.table import read_table, write_table


def test_rows_come_back_as_text(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "table.csv"
    write_table(path, [{"epoch": 0, "op": "a,b"}, {"epoch": 1, "loss": 0.5}])
    assert read_table(path) == [
        {"epoch": "0", "op": "a,b", "loss": ""},
        {"epoch": "1", "op": "", "loss": "0.5"},
    ]


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    assert read_table(tmp_path / "none.csv") == []
