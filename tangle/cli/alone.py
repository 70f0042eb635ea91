"""Keeping a second process out of a folder in which one is at work."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FILE = ".lock"
_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What a system answers if another process has a lock; all else is of one without locks."""
_PAUSE = 0.1
"""Seconds between two attempts."""

# Not by filelock, which takes files for locks where the system has none: these would stay when
# their process is killed, and keep out the one that goes on, perhaps on another machine.
if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone(folder: Path, option: str, *, patience: float = 0.0) -> Iterator[None]:
    """Have a folder to oneself; the system gives it up with the process, however that ends.

    Args:
        folder: Made if it is not there, and removed in the end if nothing was written into it.
        option: The option by which another folder can be chosen.
        patience: Seconds to wait for the end of another process, of which a part may be left for a
            moment when it was killed.

    Raises:
        ValueError: If another process has it.
    """
    made = [part for part in (folder, *folder.parents) if not part.exists()]
    descriptor = _opened(folder, patience)
    if descriptor is None:
        raise ValueError(
            f"another process is at work in {folder}: wait for its end, or choose another folder "
            f"by {option}"
        )
    try:
        yield
    finally:
        with suppress(OSError):  # as of a system that removes no open files
            (folder / _FILE).unlink()
            for part in made:  # which stay if there is anything in them
                part.rmdir()
        os.close(descriptor)


def _opened(folder: Path, patience: float) -> int | None:
    """Return the open and locked file of a folder; None if another process has it."""
    end = time.monotonic() + patience
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _FILE
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # another process removed the folder with its end
            continue
        is_locked = _is_locked(descriptor)
        if is_locked and _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)
        # If it is locked, but there no more, another process had it and removed it with its end.
        if not is_locked and time.monotonic() >= end:
            return None
        time.sleep(_PAUSE)


def _is_locked(descriptor: int) -> bool:
    """Lock a file, and return whether that is done; it is where a file system has no locks."""
    try:
        _lock(descriptor)
    except OSError as error:
        return error.errno not in _TAKEN
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
