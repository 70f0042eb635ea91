"""The file of a study, which no kill can break."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import BaseFileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

_BLOCK = 4096


def open_journal(path: Path, lock: BaseFileLock) -> JournalStorage:
    """Return Optuna's storage in a file, to which one process at a time appends.

    Args:
        path: The file, of JSON lines; it need not exist yet.
        lock: Held by whoever writes. It may be held around several writes too.
    """
    return JournalStorage(JournalFileBackend(str(path), _WriteLock(path, lock)))


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
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            whole = file.read(end - start).rfind(b"\n") + 1
            if whole:
                end = start + whole
                break
            end = start
        if file.seek(0, os.SEEK_END) > end:
            file.truncate(end)
