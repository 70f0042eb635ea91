"""Keeping a second process out of a folder in which one is at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have a folder to oneself; the system gives it up with the process, however that ends.

    Args:
        folder: Made if it is not there.

    Raises:
        ValueError: If another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        with suppress(NotImplementedError):  # of a file system without locks
            lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(
            f"another process is at work in {folder}: wait for its end, or choose another folder "
            "by --out"
        ) from None
    try:
        yield
    finally:
        lock.release()
