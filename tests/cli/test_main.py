"""The command answers at once where it can, and tells mistakes in one line."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import tangle
from tangle.cli import loading
from tangle.cli.main import VERBS, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_help_and_version_answer_in_half_a_second_without_torch(option: str) -> None:
    code = f"import sys; from tangle.cli.main import main; main(['{option}']); " \
           "assert not {'torch', 'lightning', 'jsonargparse'} & set(sys.modules)"  # fmt: skip
    before = _seconds_of_children()
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(("usage: tangle", f"tangle {tangle.__version__}"))
    assert _seconds_of_children() - before < 0.5


def _seconds_of_children() -> float:
    """Of the processor, which a loaded machine gives later and not more of."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_module_is_the_command() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tangle", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout == f"tangle {tangle.__version__}\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_nobody_reads_is_no_defect(unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "tangle", "--help"], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    os.close(writer)
    assert (run.returncode, run.stderr) == (141, b"")


def test_a_process_without_output_works() -> None:
    tangle_ = f"{sys.executable} -m tangle"
    command = f"{tangle_} --version >&-; echo $?; {tangle_} nosuch 2>&-; echo $?"
    run = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("0\n2\n", "")


def test_stopping_a_verb_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(name: str) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(loading.importlib, "import_module", stop)
    assert main(["compare"]) == 130
    assert capsys.readouterr().err == "tangle: stopped\n"


def test_a_broken_pipe_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, BrokenPipeError("to a worker"))
    with pytest.raises(BrokenPipeError):
        main(["fit"])


def test_no_verb_is_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: tangle VERB")


def test_help_teaches_every_verb_by_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n  {verb} " in text for verb in VERBS)
    assert all(re.search(rf"^ +tangle {verb}( |$)", text, re.MULTILINE) for verb in VERBS)


def test_a_verb_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fitt"]) == 2
    assert capsys.readouterr().err == "tangle: error: there is no verb 'fitt': did you mean fit?\n"
    assert main(["quixotic"]) == 2
    assert "there is no verb 'quixotic': use one of demo, fit, " in capsys.readouterr().err


def _break(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(loading.importlib, "import_module", fail)


def test_a_mistake_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(monkeypatch, ValueError("depth is 0:\n  it must be at least 1"))
    assert main(["fit"]) == 2
    assert capsys.readouterr().err == "tangle: error: depth is 0: it must be at least 1\n"


def test_a_mistake_has_a_traceback_if_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, ValueError("depth is 0"))
    monkeypatch.setenv("TANGLE_TRACEBACK", "1")
    with pytest.raises(ValueError, match="depth is 0"):
        main(["fit"])


def test_a_defect_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, KeyError("ours"))
    with pytest.raises(KeyError):
        main(["fit"])


def test_what_lightning_says_of_its_own_calls_is_not_shown(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        main(["report", str(tmp_path)])
        warnings.warn("`isinstance(treespec, LeafSpec)` is deprecated", stacklevel=1)
    assert not shown
