"""A trial belongs to one process, and to none when that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tangle.selection.claims import Claims

ROOT = Path(__file__).parents[2]


def test_a_claimed_trial_is_not_to_be_had(tmp_path):
    one, other = Claims(tmp_path / "locks"), Claims(tmp_path / "locks")
    assert one.claim(3)
    assert not one.claim(3)
    assert not other.claim(3)
    assert other.claim(4)
    one.release(3)
    assert other.claim(3)


def test_a_trial_is_given_back_when_its_evaluation_fails(tmp_path):
    one, other = Claims(tmp_path), Claims(tmp_path)
    one.claim(0)
    try:
        with one.holding(0):
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert other.claim(0)
    assert [path.name for path in tmp_path.iterdir()] == ["trial-0.lock"]


def test_a_killed_process_holds_nothing(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from tangle.selection.claims import Claims; "
        f"c = Claims(Path({str(tmp_path)!r})); print(c.claim(7), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b"True\n"
    claims = Claims(tmp_path)
    assert not claims.claim(7)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert claims.claim(7)
