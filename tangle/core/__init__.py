"""What can be chosen: choices, sizes, search spaces and architectures."""

from tangle.core.architecture import (
    Relaxation,
    load_architecture,
    one_hot,
    read_architecture_file,
    save_architecture,
)
from tangle.core.choice import Candidate, Choice
from tangle.core.condition import Condition, Use
from tangle.core.cost_table import CostTable
from tangle.core.limit import Limit, best_within
from tangle.core.rule import Rule
from tangle.core.size import Fixed, Size, as_size, joint_candidates
from tangle.core.space import Architecture, SearchSpace
from tangle.core.strongest import Strongest
from tangle.core.strongest_set import StrongestSet
from tangle.core.term import Term

__all__ = [
    "Architecture",
    "Candidate",
    "Choice",
    "Condition",
    "CostTable",
    "Fixed",
    "Limit",
    "Relaxation",
    "Rule",
    "SearchSpace",
    "Size",
    "Strongest",
    "StrongestSet",
    "Term",
    "Use",
    "as_size",
    "best_within",
    "joint_candidates",
    "load_architecture",
    "one_hot",
    "read_architecture_file",
    "save_architecture",
]
