"""Which weights the network of an architecture starts from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from tangle.core import Architecture
from tangle.modules.checkpoint import fill, load_network_weights, load_supernet_weights
from tangle.nn import Supernet, drop_training_parts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inheritance:
    """Weights that a network inherits, all but those of its head where that is to be new.

    Attributes:
        checkpoint: Path of a search's checkpoint, or of an extracted network's
            `weights.safetensors`; None for weights of its own.
        new_head: Whether the last linear layer starts afresh.

    Raises:
        ValueError: If a new head is asked for without inherited weights.
    """

    checkpoint: str | None
    new_head: bool = False

    def __post_init__(self) -> None:
        if self.new_head and self.checkpoint is None:
            raise ValueError(
                "new_head is true, but checkpoint is not given: without inherited weights all of "
                "the network is new; give checkpoint, or leave out new_head"
            )

    @property
    def is_from_search(self) -> bool:
        """Whether the weights, and running statistics, are a supernet's."""
        return self.checkpoint is not None and not self._is_extracted

    @property
    def _is_extracted(self) -> bool:
        return Path(self.checkpoint or "").suffix == ".safetensors"

    def network(self, supernet: Supernet, arch: Architecture) -> nn.Module:
        """Return the plain network of an architecture, and fill the supernet on the way.

        Raises:
            FileNotFoundError: If the file does not exist.
            ValueError: If it does not fit.
        """
        if self.is_from_search:
            self._fill_supernet(supernet)
        net = supernet.extract(arch)
        if self.checkpoint is None:
            _initialise(net)
        elif self._is_extracted:
            drop_training_parts(net)  # which an extracted network is without
            head = last_linear(net) if self.new_head else None
            state = load_network_weights(self.checkpoint)
            fill(net, state, source=self.checkpoint, without=head)
        if self.new_head:
            last_linear(net).reset_parameters()  # at its true width
        return net

    def teacher(self, supernet: Supernet) -> nn.Module:
        """Return the largest network, in evaluation mode, of a supernet that has been filled.

        Raises:
            ValueError: If the weights are none of a supernet, or are for other classes.
        """
        if not self.is_from_search or self.new_head:
            raise ValueError(
                f"distillation is asked for, but checkpoint is {self.checkpoint} and new_head is "
                f"{self.new_head}: the teacher is the largest network of a search's checkpoint, "
                "which must know the classes"
            )
        return supernet.extract(supernet.space.largest()).eval().requires_grad_(False)

    def _fill_supernet(self, supernet: Supernet) -> None:
        assert self.checkpoint is not None
        state = load_supernet_weights(self.checkpoint, supernet.space)
        head = last_linear(supernet.net) if self.new_head else None
        fill(supernet, state, source=self.checkpoint, without=head)


def last_linear(net: nn.Module) -> nn.Linear:
    """Return the linear layer that comes last among a network's parts, its head.

    Raises:
        ValueError: If there is none, or its weight is another part's as well.
    """
    linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError(f"{type(net).__name__} has no linear layer that could be a new head")
    weights = [p for _, p in net.named_parameters(remove_duplicate=False)]
    if sum(weight is linear[-1].weight for weight in weights) > 1:
        raise ValueError(
            f"The head of {type(net).__name__} shares its weight with another layer, so it can't "
            "be new alone: leave out new_head"
        )
    return linear[-1]


def _initialise(net: nn.Module) -> None:
    """Draw weights for the true size: those of a slice are scaled for the largest."""
    init_weights = getattr(net, "init_weights", None)
    if init_weights is not None:
        init_weights()
    else:
        log.warning(
            "%s has no method init_weights, so its weights start as slices of those of the largest "
            "network, on whose scale they are: give it one that starts all weights afresh",
            type(net).__name__,
        )
