"""How architecture weights are drawn: one search algorithm a file."""

from tangle.algorithms.base import SearchAlgorithm
from tangle.algorithms.concrete import Concrete
from tangle.algorithms.darts import DARTS
from tangle.algorithms.drnas import DrNAS
from tangle.algorithms.gaea import GAEA
from tangle.algorithms.gdas import GDAS
from tangle.algorithms.gradient import GradientAlgorithm
from tangle.algorithms.ofa import OFA
from tangle.algorithms.parameters import ArchParameters
from tangle.algorithms.sandwich import Sandwich
from tangle.algorithms.snas import SNAS
from tangle.algorithms.spos import SPOS

__all__ = [
    "DARTS",
    "GAEA",
    "GDAS",
    "OFA",
    "SNAS",
    "SPOS",
    "ArchParameters",
    "Concrete",
    "DrNAS",
    "GradientAlgorithm",
    "Sandwich",
    "SearchAlgorithm",
]
