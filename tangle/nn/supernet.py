"""The supernet: an ordinary network, called with an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tangle.core import Architecture, Choice, Relaxation, Rule, SearchSpace, Use
from tangle.nn.binding import bind
from tangle.nn.elastic import Elastic
from tangle.nn.entangled import Entangled
from tangle.nn.extract import extract
from tangle.nn.place import places

# Rounding of weights to bfloat16; a sum that is wrong is wrong by far more.
_SUM_TOLERANCE = 1e-2


class Supernet(nn.Module):
    """A network of all architectures at once, as a function of input and architecture.

    Args:
        net: An ordinary network whose layers may have choices.

    Attributes:
        net: The network.
        space: Its choices, gathered from the layers.

    Raises:
        ValueError: If the network has no choices, two of one name with different candidates, or
            layers with choices whose tensors are computed, as by `weight_norm`.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.space = gather_space(net)
        if not self.space:
            raise ValueError(
                f"{type(net).__name__} has no choices: build it with layers of tangle.nn whose "
                "sizes are Choices"
            )
        for name, module in net.named_modules():
            if isinstance(module, Entangled):
                _check_own_tensors(name, module)

    def forward(self, x: Any, arch: Architecture | Relaxation | None = None) -> Any:
        """Return the network's output at an architecture.

        Args:
            x: The network's input.
            arch: For each choice a candidate index (the network is sliced), or weights `[K]` that
                sum to one (all versions are superposed).

        Raises:
            ValueError: If the architecture is missing, or does not fit the search space.
        """
        if arch is None:
            raise ValueError(
                "The supernet was called without an architecture: call supernet(x, arch) with "
                "indices such as supernet.space.largest(), or weights for each choice"
            )
        with bind(arch) as scope:
            if not scope.is_relaxed:
                self.space.validate(scope.indices())
            else:
                validate_relaxation(scope.weights(), self.space)
            return self.net(x)

    def extract(self, arch: Architecture) -> nn.Module:
        """Return the plain torch network of one architecture, with copies of its weights."""
        self.space.validate(arch)
        return extract(self.net, arch)


def gather_space(net: nn.Module) -> SearchSpace:
    """Return the search space of a network: its layers' choices and when each of them matters.

    A module may state rules that tie choices together, in an attribute `rules`.
    """
    uses: dict[str, list[Use]] = {}
    choices: list[Choice] = []
    for place in places(net):
        own = place.module.own_choices() if isinstance(place.module, Elastic) else ()
        for choice in own:
            if not place.decides(choice):
                choices.append(choice)
                uses.setdefault(choice.name, []).append(place.use)
    rules = [
        rule
        for module in net.modules()
        for rule in getattr(module, "rules", ())
        if isinstance(rule, Rule)
    ]
    return SearchSpace(choices, uses, rules)


def _check_own_tensors(name: str, layer: Entangled) -> None:
    """Check that no tensor of a layer is computed from others, as by a parametrization."""
    for tensor in layer.axes():
        own = tensor in layer._parameters or tensor in layer._buffers
        if not own and isinstance(getattr(layer, tensor, None), Tensor):
            raise ValueError(
                f"The {tensor} of {name or 'the network'} ({type(layer).__name__}) is computed "
                "from other tensors, as by weight_norm, spectral_norm and pruning, so that of a "
                "smaller version is no slice of it: leave them out of layers with choices"
            )


def validate_relaxation(weights: Mapping[str, Tensor], space: SearchSpace) -> None:
    """Check that weights fit a search space and sum to one.

    The sum is checked on the CPU only: reading it from an accelerator would stall every step.

    Raises:
        ValueError: Names the choice, and what is wrong with its weights.
    """
    if weights.keys() != set(space):
        space.validate({name: 0 for name in weights})
    for name, choice in space.items():
        if weights[name].shape != (len(choice.candidates),):
            raise ValueError(
                f"Choice {name!r} has weights of shape {tuple(weights[name].shape)}, but it has "
                f"{len(choice.candidates)} candidates: give one weight for each"
            )
    if torch.compiler.is_compiling() or next(iter(weights.values())).device.type != "cpu":
        return
    sums = torch.stack([vector.detach().sum(dtype=torch.float64) for vector in weights.values()])
    right = (sums - 1).abs() <= _SUM_TOLERANCE  # false for nan
    if not right.all():
        name = list(weights)[int((~right).nonzero()[0])]
        raise ValueError(
            f"The weights of choice {name!r} sum to {float(weights[name].sum()):.4g}, but the "
            "weights of a relaxed architecture must sum to one"
        )
