"""A clock that tests set, as seconds of a loaded machine are as long as it likes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Clock:
    """Stands for the module `time` in the file under test; only `sleep` lets time pass.

    Attributes:
        now: Seconds since the beginning.
    """

    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass, at once."""
        self.now += seconds

    def perf_counter(self) -> float:
        """Return the time."""
        return self.now

    monotonic = perf_counter
