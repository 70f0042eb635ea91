"""What accompanies a search: it writes results, or opens and closes candidates on a schedule."""

from tangle.callbacks.anytime import Anytime
from tangle.callbacks.arch_logger import ArchLogger
from tangle.callbacks.batch_checkpoint import BatchCheckpoint
from tangle.callbacks.channels_last import ChannelsLast
from tangle.callbacks.discretize import Discretize
from tangle.callbacks.drop_path_ramp import DropPathRamp
from tangle.callbacks.kept_memory import KeptMemory
from tangle.callbacks.non_finite import StopOnNonFinite
from tangle.callbacks.parameter_summary import ParameterSummary
from tangle.callbacks.perturbation import PerturbationSelection
from tangle.callbacks.progress import SearchProgressBar
from tangle.callbacks.progressive_pruning import ProgressivePruning
from tangle.callbacks.progressive_shrinking import ProgressiveShrinking
from tangle.callbacks.progressive_widening import ProgressiveWidening
from tangle.callbacks.replica_check import ReplicaCheck
from tangle.callbacks.search_health import SearchHealth
from tangle.callbacks.throughput import Throughput

__all__ = [
    "Anytime",
    "ArchLogger",
    "BatchCheckpoint",
    "ChannelsLast",
    "Discretize",
    "DropPathRamp",
    "KeptMemory",
    "ParameterSummary",
    "PerturbationSelection",
    "ProgressivePruning",
    "ProgressiveShrinking",
    "ProgressiveWidening",
    "ReplicaCheck",
    "SearchHealth",
    "SearchProgressBar",
    "StopOnNonFinite",
    "Throughput",
]
