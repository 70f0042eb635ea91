"""Every space with every algorithm: who trains what."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.optim import SGD, Adam

from tangle import algorithms
from tangle.algorithms import DARTS, GradientAlgorithm, SearchAlgorithm
from tangle.modules import Classification, SearchModule
from tests.space_cases import CASES

ALGORITHMS = {
    name: kind
    for name, kind in vars(algorithms).items()
    if isinstance(kind, type)
    and issubclass(kind, SearchAlgorithm)
    and not kind.__abstractmethods__
} | {"DARTS-sparsemax": partial(DARTS, projection="sparsemax")}  # fmt: skip
GRADIENT = [
    name
    for name, kind in ALGORITHMS.items()
    if not isinstance(kind, type) or issubclass(kind, GradientAlgorithm)
]


def make(space: str, algorithm: str) -> SearchModule:
    torch.manual_seed(0)
    return SearchModule(
        CASES[space].build(),
        Classification(4),
        algorithm=ALGORITHMS[algorithm],
        weight_optimizer=partial(SGD, lr=0.1),
        arch_optimizer=partial(Adam, lr=0.1) if algorithm in GRADIENT else None,
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("space", CASES)
def test_optimizers_are_disjoint_and_complete(space: str, algorithm: str) -> None:
    module = make(space, algorithm)
    optimizers = [part["optimizer"] for part in module.configure_optimizers()]
    groups = [[id(p) for g in o.param_groups for p in g["params"]] for o in optimizers]
    everything = [id(parameter) for parameter in module.parameters()]
    assert sorted(i for group in groups for i in group) == sorted(everything)
    assert groups[0] == [id(p) for p in module.supernet.parameters()]
    assert len(groups) == 1 + (algorithm in GRADIENT)


@pytest.mark.parametrize("algorithm", GRADIENT)
@pytest.mark.parametrize("space", CASES)
def test_a_few_steps_reach_every_alpha(space: str, algorithm: str) -> None:
    module = make(space, algorithm)
    x = CASES[space].example(torch.Generator().manual_seed(0))
    # GDAS draws one candidate: at a small depth, later layers have no part in that step.
    for step in range(8):
        (arch,) = module.algorithm.draw(step, "arch")
        module(x, arch).square().mean().backward()
    for name, alpha in module.algorithm.named_parameters():
        assert alpha.grad is not None, name
        assert alpha.grad.isfinite().all(), name
        assert alpha.grad.any() or len(alpha) == 1, name
