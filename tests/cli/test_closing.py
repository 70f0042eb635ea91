"""What is said last names what there is, where it lies, and commands that are understood."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from tangle.cli.closing import (
    command,
    tell_fit,
    tell_metrics,
    tell_network,
    tell_written,
    trainings,
)
from tangle.cli.main import VERBS


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=60)


def _said(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def _run(folder: Path, model: dict[str, object], **files: object) -> Path:
    folder.mkdir()
    contents = {"config": {"model": model}, **files}
    for name, content in contents.items():
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (folder / name.replace("_", ".") if isinstance(content, str) else folder / f"{name}.yaml"
         ).write_text(text)  # fmt: skip
    return folder


def test_a_search_tells_what_it_found_where_and_what_to_do_next(
    console: Console, tmp_path: Path
) -> None:
    choices = {f"width_{i:02}": 8 for i in range(14)}
    model = {"class_path": "SearchModule", "init_args": {"algorithm": {"class_path": "a.DrNAS"}}}
    run = _run(
        tmp_path / "mine", model, architecture={"architecture": choices},
        anytime_csv="seconds,parameters,val/best/accuracy\n12.4,1234,0.75\n",
    )  # fmt: skip
    tell_fit(run, console)
    said = _said(console)
    assert (
        "Found by DrNAS in 12 s of training: val/best/accuracy 0.75 with inherited weights, "
        "1,234 parameters" in said
    )
    assert "width_11 8, and 2 more" in said
    assert f"in {run}/architecture.yaml" in said
    for next_one in (f"test --run {run}", f"fit --search {run} ", f"report {run}"):
        assert f"tangle {next_one}" in said


def test_a_supernet_asks_for_its_second_stage(console: Console, tmp_path: Path) -> None:
    model = {"class_path": "SearchModule", "init_args": {"algorithm": {"class_path": "a.SPOS"}}}
    run = _run(tmp_path / "spos", model)
    tell_fit(run, console)
    assert f"tangle select {run}" in _said(console)


def test_a_trained_network_is_to_be_tested_and_extracted(console: Console, tmp_path: Path) -> None:
    run = _run(tmp_path / "new", {"class_path": "tangle.modules.SubnetModule"})
    tell_fit(run, console)
    assert f"tangle test --run {run}" in _said(console)
    assert f"tangle extract {run} --out {run}_network" in _said(console)


def test_a_module_of_ones_own_is_told_without_guesses(console: Console, tmp_path: Path) -> None:
    run = _run(tmp_path / "own", {"class_path": "mine.Module"})
    tell_fit(run, console)
    assert f"{run} holds the run." in _said(console)


def test_metrics_are_told_in_a_few_digits_with_their_file(console: Console, tmp_path: Path) -> None:
    (tmp_path / "test.yaml").write_text("test/accuracy: 0.44973546\ntest/loss: 1.5\n")
    tell_written(tmp_path, "test", console)
    assert _said(console) == (
        f"test/accuracy  0.4497\ntest/loss      1.5000\n{tmp_path}/test.yaml holds these metrics.\n"
    )


def test_the_newest_prediction_is_told(console: Console, tmp_path: Path) -> None:
    import os

    for name, age in (("generated.txt", 2), ("predictions.safetensors", 1)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    tell_written(tmp_path, "predict", console)
    assert "generated.txt" in _said(console)


def test_no_metrics_are_no_error(console: Console) -> None:
    tell_metrics({}, console)
    assert _said(console) == ""


def test_an_extracted_network_names_its_files(console: Console, tmp_path: Path) -> None:
    for name in ("model.py", "weights.safetensors"):
        (tmp_path / name).touch()
    tell_network(tmp_path, console)
    assert "model.py, weights.safetensors; README.md" in _said(console)


def test_a_network_is_trained_on_or_from_scratch() -> None:
    on, scratch = trainings("--search", "runs/a", run="runs/b")
    assert on.endswith("fit --search runs/a --run runs/b")
    assert scratch.endswith(
        "fit --search runs/a -c lightning_configs/train/retrain.yaml --run runs/b"
    )


def test_commands_are_of_the_program_as_it_can_be_called_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "tangle")])
    assert command("report", "a b") == ".venv/bin/tangle report 'a b'"
    monkeypatch.setattr(sys, "argv", ["/somewhere/__main__.py"])
    assert command("report", "a") == "python -m tangle report a"
    (tmp_path / "tangle").touch(0o755)
    assert shlex.split(command("report", "a")) == ["tangle", "report", "a"]
    assert "report" in VERBS
