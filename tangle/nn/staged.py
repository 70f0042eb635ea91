"""A module whose size grows with the stages of a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tangle.core import Choice
from tangle.nn.binding import bound, enter
from tangle.nn.elastic import Branch, Elastic, Extraction, Settled


class Staged(Elastic):
    """A module of which the stage of the training, not the architecture, decides a size.

    Its weights are those of its largest size, and a stage computes with a slice of them, even
    where all choices of the search space are superposed. So to go to another stage copies nothing,
    optimizers keep their states, and what the slice leaves out costs neither time nor activations.
    The stage is saved with the weights. As built, a module is in its last stage.

    Args:
        module: A module whose layers read the choice.
        choice: A choice of sizes, one candidate for each stage; none of the search space's.

    Attributes:
        stage: The stage it is in, from 0 on.

    Raises:
        ValueError: If no layer of the module reads the choice.
    """

    def __init__(self, module: nn.Module, choice: Choice) -> None:
        super().__init__()
        self.module = module
        self.choice = choice
        self.stage = self.num_stages - 1
        layers = (layer for layer in module.modules() if isinstance(layer, Elastic))
        if not any(choice in layer.own_choices() for layer in layers):
            raise ValueError(
                f"Stages decide {choice!r}, but no layer of their module reads it: build the "
                "module with exactly this choice"
            )

    @property
    def num_stages(self) -> int:
        """The number of stages."""
        return len(self.choice.candidates)

    def begin(self, stage: int) -> None:
        """Be in a stage from now on.

        Raises:
            ValueError: If there is no such stage.
        """
        if not 0 <= stage < self.num_stages:
            raise ValueError(
                f"There is no stage {stage} of {self.choice!r}: give one from 0 to "
                f"{self.num_stages - 1}"
            )
        self.stage = stage

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the module's output in this stage."""
        with enter(bound().settling(self.choice.name, self.stage)):
            output: Tensor = self.module(*inputs)
        return output

    def own_choices(self) -> Sequence[Choice]:
        """Return none: layers inside read the choice."""
        return ()

    def branches(self) -> Sequence[Branch]:
        """Return the module, with what the stage decides."""
        return [Branch(self.module, settled=Settled(self.choice, self.stage))]

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return the module as it is in this stage."""
        return extraction.module(self.module, {**arch, self.choice.name: self.stage})

    def get_extra_state(self) -> Tensor:
        """Return the stage, for a checkpoint to keep."""
        return torch.tensor(self.stage)

    def set_extra_state(self, state: Tensor) -> None:
        """Take up the stage of a checkpoint."""
        self.begin(int(state))


@contextmanager
def in_last_stage(module: nn.Module) -> Iterator[None]:
    """Have all parts of a module in their last stage, the widest, and then in theirs again.

    Args:
        module: The module, which need not have any stages.
    """
    stages = {part: part.stage for part in module.modules() if isinstance(part, Staged)}
    try:
        for part in stages:
            part.begin(part.num_stages - 1)
        yield
    finally:
        for part, stage in stages.items():
            part.begin(stage)
