"""The second stage: black-box search over the architectures of a trained supernet."""

from tangle.selection.budget import Budget
from tangle.selection.evolution import EvolutionSampler
from tangle.selection.evolution_settings import EvolutionSettings
from tangle.selection.objective import Objective
from tangle.selection.pareto import pareto_front
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
    "pareto_front",
    "sampler_maker",
]
