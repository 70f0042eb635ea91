"""Memory of freed tensors on the CPU: kept for the next ones, or handed back to the system."""

from __future__ import annotations

import ctypes
import os
import platform

# Names of glibc, mallopt(3), and bytes. Once any is set, glibc no longer adapts them to what is
# freed, and can't be told to again: so what is usual is what it would have come to at most.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_USUAL = {_TRIM_THRESHOLD: 64 * 2**20, _MMAP_THRESHOLD: 32 * 2**20}
_KEPT = {**_USUAL, _TRIM_THRESHOLD: -1}
_SET_BY_USER = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")


def keep_freed_memory() -> bool:
    """Let memory of freed tensors on the CPU stay with the process, for the tensors after them.

    glibc hands much of it back to the system as soon as it is free, and has each page of the next
    tensor zeroed and mapped again: a training step, whose tensors come and go in the same sizes,
    spends up to a fifth of its time so. The process then holds what it did at its peak.

    Blocks above 32 MB come from the system and go back to it as ever. Where their sizes vary, as
    with sampled widths or resolutions, none fits into the gap of another: kept too, they came to a
    multiple of what was ever in use, and to more with each step.

    Returns:
        Whether it does so from now on. Not with another C library, nor where environment variables
        choose an allocator or set it up: `MALLOC_...`, `GLIBC_TUNABLES`, `LD_PRELOAD`.
    """
    if any(name.startswith(_SET_BY_USER) for name in os.environ):
        return False
    return _set(_KEPT)


def return_freed_memory() -> None:
    """Hand what is free back to the system, now and from now on: undo `keep_freed_memory`."""
    if _set(_USUAL):
        ctypes.CDLL(None).malloc_trim(0)


def _set(options: dict[int, int]) -> bool:
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(name, value) == 1 for name, value in options.items()])
