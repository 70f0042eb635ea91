"""Data sets as Lightning data modules, all divided by the same rules."""

from tangle.data.bilevel import BilevelDataModule
from tangle.data.cached import CachedImages
from tangle.data.fashion_mnist import FashionMNIST
from tangle.data.prompts import Prompts
from tangle.data.resolution import RandomResolution
from tangle.data.sources import BatchDataset, Sources
from tangle.data.text_files import TextFiles
from tangle.data.tiny_stories import TinyStories

__all__ = [
    "BatchDataset",
    "BilevelDataModule",
    "CachedImages",
    "FashionMNIST",
    "Prompts",
    "RandomResolution",
    "Sources",
    "TextFiles",
    "TinyStories",
]
