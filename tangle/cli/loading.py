"""Imports of much code, which take less time without a search for garbage."""

from __future__ import annotations

import gc
import importlib
import sys
from types import ModuleType


def load(name: str) -> ModuleType:
    """Import a module; what it imports stays, so that none of it is searched for garbage.

    That would be a quarter of the start-up, and a part of each later search. It is for the first
    time only, as garbage among what is frozen stays, too.
    """
    if name in sys.modules or not gc.isenabled():
        return importlib.import_module(name)
    gc.disable()
    try:
        module = importlib.import_module(name)
        gc.freeze()
    finally:
        gc.enable()
    return module
