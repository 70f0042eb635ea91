"""Two processes do not train in one folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tangle.cli.alone import alone

HOLD = (
    "import sys, pathlib; from tangle.cli.alone import alone\n"
    "with alone(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_a_folder_is_free_again_when_its_process_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "a b")], cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(ValueError, match=r"another process is at work in .*a b: wait for its end"):
        alone(tmp_path / "a b").__enter__()
    process.kill()
    process.communicate()
    with alone(tmp_path / "a b"):
        pass


def test_a_folder_is_free_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), alone(tmp_path):
            raise KeyError


def test_a_file_system_without_locks_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FileLock, timeout: float) -> None:
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with alone(tmp_path):
        pass
