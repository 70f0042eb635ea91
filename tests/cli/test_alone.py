"""Two processes do not train in one folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from tangle.cli.alone import alone

HOLD = (
    "import sys, pathlib; from tangle.cli.alone import alone\n"
    "with alone(pathlib.Path(sys.argv[1]), '--out'): print('held', flush=True); sys.stdin.read()"
)


def test_a_folder_is_free_again_when_its_process_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "a b")], cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(
        ValueError, match=r"another process is at work in .*a b: wait for .* by --out"
    ):
        alone(tmp_path / "a b", "--out").__enter__()
    process.kill()
    process.communicate()
    with alone(tmp_path / "a b", "--out"):
        pass


def test_a_folder_is_free_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), alone(tmp_path, "--out"):
            raise KeyError


@pytest.mark.skipif(sys.platform == "win32", reason="locks of Windows are others")
@pytest.mark.parametrize("answer", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_no_hindrance(
    answer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(answer, "no locks here")

    monkeypatch.setattr("fcntl.flock", refuse)
    (tmp_path / ".lock").touch()  # of a process that was killed on another machine
    with alone(tmp_path, "--out"):
        pass


def test_patience_waits_for_the_last_of_a_process(tmp_path: Path) -> None:
    with alone(tmp_path, "--run"):
        start = time.monotonic()
        with pytest.raises(ValueError, match="by --run"):
            alone(tmp_path, "--run", patience=0.3).__enter__()
        assert time.monotonic() - start >= 0.3
        waiting = threading.Thread(target=_enter, args=(tmp_path,))
        waiting.start()
        time.sleep(0.2)
        (tmp_path / "done").touch()
    waiting.join()
    assert (tmp_path / "entered").exists()


def _enter(folder: Path) -> None:
    with alone(folder, "--run", patience=20):
        assert (folder / "done").exists()
        (folder / "entered").touch()


def test_a_folder_in_which_nothing_was_written_is_left_as_it_was(tmp_path: Path) -> None:
    with alone(tmp_path / "a" / "b", "--run"):
        pass
    assert list(tmp_path.iterdir()) == []
    with alone(tmp_path / "a" / "b", "--run"):
        (tmp_path / "a" / "b" / "result").touch()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["result"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_forked_process_that_is_left_is_no_hindrance_after_the_end(tmp_path: Path) -> None:
    with alone(tmp_path, "--run"):
        process = get_context("fork").Process(target=time.sleep, args=(60,))
        process.start()
    with alone(tmp_path, "--run"):
        pass
    process.kill()
    process.join()
