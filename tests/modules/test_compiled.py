"""One graph for all architectures of a kind, and the training of uncompiled networks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.utils import counters
from torch.optim import SGD

import tangle.nn as tnn
from tangle.algorithms import SPOS, DrNAS, SearchAlgorithm
from tangle.core import Architecture, Choice, Relaxation
from tangle.modules.compiled import Compiled
from tangle.nn import Supernet
from tests.planted import CLASSES, PlantedData, make_search, make_trainer, snapshot
from tests.space_cases import CASES

ARCHITECTURES = 50


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def _graphs() -> int:
    return int(counters["stats"]["unique_graphs"])


def _architectures(supernet: Supernet, kind: str) -> list[Architecture | Relaxation]:
    if kind == "sampled":
        rng, different = Random(0), {}
        while len(different) < min(ARCHITECTURES, supernet.space.cardinality):
            arch = supernet.space.sample(rng)
            different[tuple(sorted(arch.items()))] = arch
        return list(different.values())
    algorithm = DrNAS(supernet.space)
    return [algorithm.draw(step)[0] for step in range(ARCHITECTURES)]


@pytest.mark.parametrize("kind", ["sampled", "relaxed"])
@pytest.mark.parametrize(
    "space",
    [
        "toy_conv_macro",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("gpt", "mobilenetv3", "nasbench201")),
    ],
)
def test_fifty_architectures_have_one_graph(space: str, kind: str) -> None:
    case = CASES[space]
    torch.manual_seed(0)
    supernet = Supernet(case.build())
    compiled = Compiled(supernet, "aot_eager")
    x = case.example(torch.Generator().manual_seed(0))
    found = _architectures(supernet, kind)
    assert len(found) == ARCHITECTURES
    for number, arch in enumerate(found):
        y: Tensor = compiled(x, arch)
        y.square().mean().backward()
        if number % 10 == 0:
            torch.testing.assert_close(y, supernet(x, arch))
    assert _graphs() == 1
    assert not counters["graph_break"]


def _net() -> nn.Module:
    width, depth = Choice("width", (2, 4, 8)), Choice("depth", (0, 1, 2))
    return nn.Sequential(
        tnn.Linear(4, width),
        tnn.Stack(depth, [nn.Sequential(tnn.Linear(width, width), nn.Tanh()) for _ in range(2)]),
        tnn.Linear(width, CLASSES),
    )


@pytest.mark.parametrize(("algorithm", "graphs"), [(SPOS, 1), (DrNAS, 2)])
def test_a_compiled_search_trains_as_another(
    algorithm: type[SearchAlgorithm], graphs: int, tmp_path: Path
) -> None:
    # Momentum and weight decay would move weights that a drawn architecture has not.
    options = {"weight_optimizer": partial(SGD, lr=0.05, momentum=0.9, weight_decay=0.01)}
    states = []
    for backend in (None, "aot_eager"):
        torch.manual_seed(0)
        search = make_search(algorithm, _net(), compile_backend=backend, **options)
        make_trainer(tmp_path, 2).fit(search, PlantedData())
        states.append(snapshot(search))
    torch.testing.assert_close(*states)
    assert _graphs() == graphs  # alphas and weights have one each


@pytest.mark.parametrize("space", ["toy_cell", "mobilenetv3"])
def test_a_compiled_sampled_step_leaves_statistics_of_other_layers_alone(space: str) -> None:
    case, states = CASES[space], []
    for backend in (None, "eager"):
        torch.manual_seed(0)
        supernet = Supernet(case.build())
        run = supernet if backend is None else Compiled(supernet, backend)
        torch.manual_seed(1)  # of dropout
        x = case.example(torch.Generator().manual_seed(0))
        run(x, supernet.space.smallest()).sum().backward()
        states.append(supernet.state_dict())
    torch.testing.assert_close(*states)


def test_a_backend_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"compile_backend is 'inductr'.* such as .*inductor"):
        make_search(compile_backend="inductr")
