"""When this process began, before the slow imports."""

import time

STARTED = time.perf_counter()
"""By the clock `time.perf_counter`, when the command line was first imported."""


def seconds_since_start() -> float:
    """Return the seconds that this process has run, imports included."""
    return time.perf_counter() - STARTED
