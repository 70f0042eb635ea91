"""What every search algorithm is: a source of architectures to train on."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from random import Random

import torch
from torch import nn

from tangle.core import Architecture, Relaxation, SearchSpace


class SearchAlgorithm(nn.Module, ABC):
    """Draws the architectures that the supernet trains on, and names the best it knows.

    It knows the search space and nothing of networks. Its `parameters()` are the architecture
    parameters; an algorithm without any trains network weights only.

    Args:
        space: The search space.
        seed: Seed of the architecture parameters and of all draws.
    """

    def __init__(self, space: SearchSpace, seed: int = 0) -> None:
        super().__init__()
        self.space = space
        self.seed = seed
        self.rng = Random(seed)

    def draw(self, step: int, purpose: str = "weights") -> Sequence[Architecture | Relaxation]:
        """Return the architectures of one update, as a function of seed, step and purpose alone.

        So a resumed run draws what the uninterrupted one would have drawn, and all ranks of a
        distributed run draw the same. The global random state is left as it was.

        Args:
            step: Count of search steps so far.
            purpose: What the update is of; `weights` and `arch` draw independently.
        """
        digest = hashlib.blake2b(f"{self.seed}/{step}/{purpose}".encode(), digest_size=8).digest()
        noise = int.from_bytes(digest, "big") >> 1
        gpus = list({p.device for p in self.parameters() if p.device.type == "cuda"})
        with torch.random.fork_rng(gpus, device_type="cuda"):
            # Not torch.manual_seed, which also seeds the GPUs that are not restored.
            for generator in (torch.default_generator, *map(_generator, gpus)):
                generator.manual_seed(noise)
            self.rng.seed(noise)
            return self.sample()

    @abstractmethod
    def sample(self) -> Sequence[Architecture | Relaxation]:
        """Return the architectures to train on in one update; their losses are averaged.

        Random numbers come from `torch`'s global generator or from `self.rng`.
        """

    @abstractmethod
    def incumbents(self) -> Mapping[str, Architecture]:
        """Return the architectures worth evaluating now, by name; `best` is the one to keep."""

    def anneal(self, progress: float) -> None:
        """Adapt to the progress of the search.

        Args:
            progress: Share of the search that is done, from 0 to 1.
        """


def _generator(gpu: torch.device) -> torch.Generator:
    return torch.cuda.default_generators[gpu.index]
