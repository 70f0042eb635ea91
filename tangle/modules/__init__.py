"""Lightning modules: where networks and search algorithms meet."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tangle.modules.auxiliary_classification import AuxiliaryClassification
from tangle.modules.budget import Budget
from tangle.modules.classification import Classification
from tangle.modules.generation import Generation
from tangle.modules.inherited import Inherited
from tangle.modules.language_modelling import LanguageModelling
from tangle.modules.lr_scaling import LRScaling
from tangle.modules.matrix_decay import MatrixDecayAdamW
from tangle.modules.matrix_decay_sgd import MatrixDecaySGD
from tangle.modules.recalibrate import recalibrate
from tangle.modules.task import Task
from tangle.modules.warmup_cosine import WarmupCosine

if TYPE_CHECKING:
    from tangle.modules.search import SearchModule
    from tangle.modules.subnet import SubnetModule

__all__ = [
    "AuxiliaryClassification",
    "Budget",
    "Classification",
    "Generation",
    "Inherited",
    "LRScaling",
    "LanguageModelling",
    "MatrixDecayAdamW",
    "MatrixDecaySGD",
    "SearchModule",
    "SubnetModule",
    "Task",
    "WarmupCosine",
    "recalibrate",
]

_HOMES = {"SearchModule": "tangle.modules.search", "SubnetModule": "tangle.modules.subnet"}


def __getattr__(name: str) -> Any:
    """Import a Lightning module at its first use, as Lightning takes longer to load than torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tangle.modules' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
