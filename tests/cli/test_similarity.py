"""`tangle similarity`: a network is like itself, and less like another."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tangle.cli.main import main

CONFIG = str(Path(__file__).parents[1] / "planted.yaml")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("runs")
    search, trained = str(folder / "search"), str(folder / "trained")
    main(["fit", "-c", CONFIG, "--run", search, "--model.net.init_args.norm", "true"])
    main(["fit", "--search", search, "--run", trained, "--model.checkpoint=null"])
    return search, trained


def diagonal(folder: Path) -> list[float]:
    with (folder / "similarity.csv").open() as file:
        return [float(row[row["layer"]]) for row in csv.DictReader(file)]


def test_a_network_is_like_itself_and_less_like_a_retrained_one(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search, trained = runs
    assert main(["similarity", search, search, "--out", str(tmp_path / "same")]) == 0
    assert diagonal(tmp_path / "same") == pytest.approx([1, 1])
    told = capsys.readouterr().out
    assert told.count("1.000 to its own, the most alike") == 2
    assert f"{tmp_path}/same/similarity.csv has all pairs" in told
    assert main(["similarity", search, trained, "--out", str(tmp_path / "other")]) == 0
    assert all(0 <= value < 0.9999 for value in diagonal(tmp_path / "other"))
    assert (tmp_path / "other" / "similarity.png").read_bytes().startswith(b"\x89PNG")
    assert "to its own" in capsys.readouterr().out


def test_mistakes_are_told_in_one_line(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, message in (
        ([runs[0], str(tmp_path / "none"), "--out", "x"], "none holds no run"),
        ([*runs, "--out", "x", "--batches", "0"], "--batches is 0: it must be at least 1"),
    ):
        assert main(["similarity", *arguments]) == 2
        assert message in capsys.readouterr().err
