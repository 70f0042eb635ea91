"""Which process evaluates which trial."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout


class Claims:
    """The trials that this process evaluates, each by a lock on a file.

    The system takes the lock from a process that ends, however it ends. So whether a trial is
    still being evaluated needs no clock and no process number.

    Args:
        folder: Where the files are; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._held: dict[int, BaseFileLock] = {}

    def claim(self, number: int) -> bool:
        """Take a trial, and return whether nobody has it."""
        if number in self._held:
            return False
        lock = FileLock(self._path(number))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._held[number] = lock
        return True

    def release(self, number: int) -> None:
        """Give a trial back."""
        self._path(number).unlink(missing_ok=True)
        self._held.pop(number).release()

    @contextmanager
    def holding(self, number: int) -> Iterator[None]:
        """Give a claimed trial back when the block ends."""
        try:
            yield
        finally:
            self.release(number)

    def _path(self, number: int) -> Path:
        return self._folder / f"trial-{number}.lock"
