"""What every search algorithm is: a source of architectures to train on."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from random import Random

import torch
from torch import Tensor, nn

from tangle.core import Architecture, Limit, Relaxation, SearchSpace


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
        self.open = {name: tuple(range(len(choice.candidates))) for name, choice in space.items()}

    def restrict(self, name: str, indices: Iterable[int]) -> None:
        """Leave only some candidates of a choice to draw from, until restricted otherwise.

        Args:
            name: The choice.
            indices: The candidates that stay, or are open again.

        Raises:
            ValueError: If none stays, or an index is out of range.
        """
        remaining = tuple(sorted(set(indices)))
        candidates = self.space[name].candidates
        if not remaining or not set(remaining) <= set(range(len(candidates))):
            raise ValueError(
                f"Choice {name!r} can't be restricted to the candidates {remaining}: "
                f"give at least one index from 0 to {len(candidates) - 1}"
            )
        self.open[name] = remaining

    def prune(self, count: int) -> None:
        """Close all but the `count` most promising open candidates of each choice.

        Raises:
            ValueError: If the algorithm has no opinion of candidates.
        """
        raise ValueError(
            f"The algorithm {type(self).__name__} has no alphas to prune candidates by: "
            "choose one that has"
        )

    def keep_average(self) -> None:
        """Name the best architecture by the average of what `update_average` counts in.

        Raises:
            ValueError: If the algorithm has no alphas.
        """
        raise ValueError(
            f"The algorithm {type(self).__name__} has no alphas to average: leave arch_average at "
            "0, or choose one that has"
        )

    def update_average(self) -> None:
        """Count the alphas of now into the average, where one is kept."""

    def keep_within(self, limits: Sequence[Limit]) -> None:
        """Name only a best architecture that keeps within limits of costs, from now on.

        Raises:
            ValueError: If the algorithm names no best architecture, or none keeps within all.
        """
        options = " and ".join(limit.name for limit in limits)
        raise ValueError(
            f"The algorithm {type(self).__name__} names no best architecture that could be kept "
            f"within {options}: choose an algorithm with alphas, or set the limit in the second "
            "stage, which selects an architecture"
        )

    def get_extra_state(self) -> Tensor:
        """Return which candidates are open, bool, for a checkpoint to keep."""
        return torch.tensor([
            index in self.open[name]
            for name, choice in self.space.items()
            for index in range(len(choice.candidates))
        ])  # fmt: skip

    def set_extra_state(self, state: Tensor) -> None:
        """Take up the open candidates of a checkpoint."""
        sizes = [len(choice.candidates) for choice in self.space.values()]
        for name, is_open in zip(self.space, torch.split(state, sizes), strict=True):
            self.restrict(name, is_open.nonzero().flatten().tolist())

    def random_architecture(self) -> Architecture:
        """Return an architecture with each choice drawn uniformly from its open candidates."""
        return self.space.sample(self.rng, self.open)

    def extreme(self, position: int) -> Architecture:
        """Return the architecture of the smallest (0) or largest (-1) open candidates."""
        ordered = {name: choice.order() for name, choice in self.space.items()}
        return self.space.canonical({
            name: [index for index in order if index in self.open[name]][position]
            for name, order in ordered.items()
        })  # fmt: skip

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

    def penalty(self) -> Tensor | float:
        """Return what the architecture loss adds to the task's, a scalar; by default nothing."""
        return 0.0

    def anneal(self, progress: float) -> None:
        """Adapt to the progress of the search.

        Args:
            progress: Share of the search that is done, from 0 to 1.
        """


def _generator(gpu: torch.device) -> torch.Generator:
    return torch.cuda.default_generators[gpu.index]
