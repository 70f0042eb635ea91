"""Lightning modules: where networks and search algorithms meet."""

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
from tangle.modules.search import SearchModule
from tangle.modules.subnet import SubnetModule
from tangle.modules.task import Task
from tangle.modules.warmup_cosine import WarmupCosine

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
