"""How architecture weights are drawn: one search algorithm a file."""

from tangle.algorithms.base import SearchAlgorithm
from tangle.algorithms.darts import DARTS
from tangle.algorithms.drnas import DrNAS
from tangle.algorithms.gradient import GradientAlgorithm
from tangle.algorithms.parameters import ArchParameters
from tangle.algorithms.spos import SPOS

__all__ = ["DARTS", "SPOS", "ArchParameters", "DrNAS", "GradientAlgorithm", "SearchAlgorithm"]
