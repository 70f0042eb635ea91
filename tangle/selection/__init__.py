"""How an architecture is chosen by a trained supernet's scores: the second stage."""

from tangle.selection.budget import Budget
from tangle.selection.evolution import EvolutionSampler
from tangle.selection.evolution_settings import EvolutionSettings
from tangle.selection.objective import Objective
from tangle.selection.pareto import pareto_front
from tangle.selection.perturbation import decision_order, decisions_left, most_missed
from tangle.selection.samplers import SAMPLERS, sampler_maker
from tangle.selection.study import Study
from tangle.selection.trial import Trial

__all__ = [
    "SAMPLERS",
    "Budget",
    "EvolutionSampler",
    "EvolutionSettings",
    "Objective",
    "Study",
    "Trial",
    "decision_order",
    "decisions_left",
    "most_missed",
    "pareto_front",
    "sampler_maker",
]
