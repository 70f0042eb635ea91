"""The second stage: black-box search over the architectures of a trained supernet."""

from tangle.selection.evolution import EvolutionSampler
from tangle.selection.objective import Objective
from tangle.selection.pareto import pareto_front
from tangle.selection.study import Selection, make_sampler

__all__ = ["EvolutionSampler", "Objective", "Selection", "make_sampler", "pareto_front"]
