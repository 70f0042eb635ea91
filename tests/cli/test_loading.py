"""What is loaded is not searched for garbage, and later runs freeze nothing."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from tangle.cli.main import main

ROOT = Path(__file__).parents[2]


def test_what_a_verb_imports_is_not_searched_for_garbage() -> None:
    code = "import gc; from tangle.cli.main import main; main(['report', 'nowhere']); " \
           "print(gc.isenabled(), gc.get_freeze_count() > 10_000)"  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "True True\n", run.stderr


def test_a_verb_that_runs_again_freezes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "nowhere"])
    before = gc.get_freeze_count()
    kept = [[number] for number in range(1000)]
    main(["report", "nowhere"])
    assert gc.isenabled()
    assert gc.get_freeze_count() < before + len(kept)
