"""The file of a study, which no kill can break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import BaseFileLock
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

_BLOCK = 4096


class Journal(JournalFileBackend):
    """Optuna's journal in a file, to which one process at a time appends.

    The file is Optuna's own: one record in JSON a line. Records of a block under `together` reach
    the disk at its end, all in one write: a trial of many choices costs one, and a killed process
    leaves a whole trial or none.

    Args:
        path: The file, which need not exist yet.
        lock: Held by whoever writes.
    """

    def __init__(self, path: Path, lock: BaseFileLock) -> None:
        super().__init__(str(path), _WriteLock(path, lock))
        self._exclusive = lock
        self._waiting: list[dict[str, Any]] | None = None
        self._in_file: int | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep other processes from writing, and write what the block appends at its end."""
        with self._exclusive:
            if self._waiting is not None:
                yield
                return
            self._waiting, self._in_file = [], None
            try:
                yield
            finally:  # also after an error, as the storage in memory has applied the records
                waiting, self._waiting = self._waiting, None
                if waiting:
                    super().append_logs(waiting)
                    # Read once, or Optuna would later look for their place from the first line on.
                    list(super().read_logs(self._in_file or 0))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append records, now or at the end of the block."""
        if self._waiting is None:
            super().append_logs(logs)
        else:
            self._waiting.extend(logs)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Yield the records from a number on: those of the file, then those that wait."""
        if self._waiting is None or self._in_file is None:
            number = log_number_from
            for log in super().read_logs(log_number_from):
                number += 1
                yield log
            if self._waiting is None:
                return
            self._in_file = log_number_from = number
        yield from self._waiting[log_number_from - self._in_file :]


class _WriteLock(JournalFileOpenLock):
    """A lock that the system takes from a process that is killed.

    Optuna's own are files that the killed process leaves behind, for which all others wait half a
    minute. Whoever gets the lock first cuts off a line of which only a part reached the disk, as
    Optuna would append to it, and then read the file no more.
    """

    def __init__(self, path: Path, lock: BaseFileLock) -> None:
        super().__init__(str(path))
        self._path = path
        self._lock = lock

    def acquire(self) -> bool:
        self._lock.acquire()
        _mend(self._path)
        return True

    def release(self) -> None:
        self._lock.release()


def _mend(path: Path) -> None:
    """Cut off what follows the last end of a line."""
    with path.open("rb+") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            whole = file.read(end - start).rfind(b"\n") + 1
            end = start + whole
            if whole:
                break
        if end < size:
            file.truncate(end)
