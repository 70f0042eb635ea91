"""Neural architecture search with weight entanglement, on PyTorch Lightning."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tangle.core import Choice, SearchSpace
    from tangle.modules import SearchModule, SubnetModule
    from tangle.nn import Supernet

__version__ = "0.1.0"
__all__ = ["Choice", "SearchModule", "SearchSpace", "SubnetModule", "Supernet"]

_HOMES = {
    "Choice": "tangle.core",
    "SearchSpace": "tangle.core",
    "Supernet": "tangle.nn",
    "SearchModule": "tangle.modules",
    "SubnetModule": "tangle.modules",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that `tangle --help` need not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tangle' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
