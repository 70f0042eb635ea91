"""Data sets as Lightning data modules, all divided by the same rules."""

from tangle.data.bilevel import BilevelDataModule
from tangle.data.cached import CachedImages
from tangle.data.cifar import CIFAR10, CIFAR100
from tangle.data.downstream import Flowers102, OxfordIIITPet, StanfordCars
from tangle.data.erasing import Cutout, RandomErasing
from tangle.data.fashion_mnist import FashionMNIST
from tangle.data.hub_images import HubImages
from tangle.data.image_folder import ImageFolder
from tangle.data.imagenet import ImageNet
from tangle.data.imagenet16 import ImageNet16
from tangle.data.mixing import MixUpCutMix
from tangle.data.prompts import Prompts
from tangle.data.resolution import RandomResolution
from tangle.data.sources import BatchDataset, Sources
from tangle.data.text_files import TextFiles
from tangle.data.tiny_stories import TinyStories
from tangle.data.transforms import PerImage, RandomCrop, RandomFlip

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "BatchDataset",
    "BilevelDataModule",
    "CachedImages",
    "Cutout",
    "FashionMNIST",
    "Flowers102",
    "HubImages",
    "ImageFolder",
    "ImageNet",
    "ImageNet16",
    "MixUpCutMix",
    "OxfordIIITPet",
    "PerImage",
    "Prompts",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomResolution",
    "Sources",
    "StanfordCars",
    "TextFiles",
    "TinyStories",
]
