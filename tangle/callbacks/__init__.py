"""What watches a search: it writes results, and never changes them."""

from tangle.callbacks.anytime import Anytime
from tangle.callbacks.arch_logger import ArchLogger
from tangle.callbacks.batch_checkpoint import BatchCheckpoint
from tangle.callbacks.discretize import Discretize
from tangle.callbacks.progress import SearchProgressBar

__all__ = ["Anytime", "ArchLogger", "BatchCheckpoint", "Discretize", "SearchProgressBar"]
