"""How an architecture is chosen by a trained supernet's scores: the second stage."""

from tangle.selection.evolution import EvolutionSampler
from tangle.selection.objective import Objective
from tangle.selection.pareto import pareto_front
from tangle.selection.perturbation import decision_order, decisions_left, most_missed
from tangle.selection.study import Selection, make_sampler

__all__ = [
    "EvolutionSampler",
    "Objective",
    "Selection",
    "decision_order",
    "decisions_left",
    "make_sampler",
    "most_missed",
    "pareto_front",
]
