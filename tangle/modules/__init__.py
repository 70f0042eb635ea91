"""Lightning modules: where networks and search algorithms meet."""

from tangle.modules.budget import Budget
from tangle.modules.classification import Classification
from tangle.modules.language_modelling import LanguageModelling
from tangle.modules.recalibrate import recalibrate
from tangle.modules.search import SearchModule
from tangle.modules.subnet import SubnetModule
from tangle.modules.task import Task

__all__ = [
    "Budget",
    "Classification",
    "LanguageModelling",
    "SearchModule",
    "SubnetModule",
    "Task",
    "recalibrate",
]
