"""A configuration that is none is told with its file, before anything is merged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangle.cli.config_files import check_files, check_model, check_trains, given_files

SEARCH = "model: {class_path: SearchModule, init_args: {algorithm: {class_path: DrNAS}}}"


def _file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "some.yaml"
    path.write_text(text)
    return str(path)


def test_files_are_found_among_other_options() -> None:
    words = ["--trainer.max_epochs", "3", "-c", "a.yaml", "--config=b.yaml", "--config", "c.yaml"]
    assert list(given_files(words)) == ["a.yaml", "b.yaml", "c.yaml"]
    assert list(given_files(["-c"])) == [""]
    assert list(given_files([])) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: [unclosed\n", "some.yaml is no YAML: expected ',' or ']'.* in line 2"),
        ("a: b: c\n", "some.yaml is no YAML: mapping values are not allowed here in line 1"),
        ("", "some.yaml is empty: a configuration has options by name"),
        ("only text", "some.yaml holds 'only text': a configuration has"),
        ("space: abc\narchitecture: {depth: 3}\n", "is an architecture, .*give it by --arch"),
    ],
)
def test_what_is_no_configuration_is_told(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        check_files([_file(tmp_path, text)])


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"some.yaml is no text"):
        check_files([str(tmp_path / "some.yaml")])


def test_a_whole_configuration_passes_and_one_that_is_absent_is_left(tmp_path: Path) -> None:
    file = _file(tmp_path, SEARCH)
    check_files([file, str(tmp_path / "none.yaml")])
    check_model([file])
    check_model([str(tmp_path / "none.yaml")])
    check_trains([_file(tmp_path, "model: {optimizer: {class_path: Adam}}")], "runs/a")


def test_a_recipe_alone_names_no_model(tmp_path: Path) -> None:
    file = _file(tmp_path, "model: {optimizer: {class_path: Adam}}")
    with pytest.raises(ValueError, match=r"names no model to train: .* add --search, its folder"):
        check_model([file])
    check_model([_file(tmp_path, "model: SearchModule")])


@pytest.mark.parametrize("text", [SEARCH, "model: {algorithm: {class_path: DrNAS}}"])
def test_a_search_is_no_recipe(text: str, tmp_path: Path) -> None:
    file = _file(tmp_path, text)
    with pytest.raises(ValueError, match="configures a search, but --search is given"):
        check_trains([file], "runs/a")
