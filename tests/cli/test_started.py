"""A process knows how long it has run."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import time
from tangle.cli import main, started
time.sleep(0.2)
print(started.seconds_since_start())
"""


def test_seconds_count_from_the_import_of_the_command_line():
    run = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True)
    assert 0.2 <= float(run.stdout) < 5
