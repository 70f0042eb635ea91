"""What accompanies a search: it writes results, or opens and closes candidates on a schedule."""

from tangle.callbacks.anytime import Anytime
from tangle.callbacks.arch_logger import ArchLogger
from tangle.callbacks.batch_checkpoint import BatchCheckpoint
from tangle.callbacks.channels_last import ChannelsLast
from tangle.callbacks.discretize import Discretize
from tangle.callbacks.drop_path_ramp import DropPathRamp
from tangle.callbacks.progress import SearchProgressBar
from tangle.callbacks.progressive_pruning import ProgressivePruning
from tangle.callbacks.progressive_shrinking import ProgressiveShrinking

__all__ = [
    "Anytime",
    "ArchLogger",
    "BatchCheckpoint",
    "ChannelsLast",
    "Discretize",
    "DropPathRamp",
    "ProgressivePruning",
    "ProgressiveShrinking",
    "SearchProgressBar",
]
