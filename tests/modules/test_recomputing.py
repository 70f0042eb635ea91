"""Blocks that run again give the same training, and hold less."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD

import tangle.nn as tnn
from perf.measure import peak_bytes
from tangle.algorithms import SPOS, DrNAS
from tangle.core import Choice
from tangle.modules.recomputing import recompute_blocks
from tangle.nn import Supernet
from tests.planted import CLASSES, PlantedData, make_search, make_trainer, snapshot
from tests.space_cases import CASES


def _after_a_step(space: str, kind: str, *, again: bool) -> dict[str, torch.Tensor]:
    """Return outputs, gradients and running statistics of a training step."""
    torch.manual_seed(0)
    case = CASES[space]
    supernet = Supernet(case.build()).train()
    if again:
        recompute_blocks(supernet.net, None)
    x = case.example(torch.Generator().manual_seed(0))
    algorithm = {"relaxed": DrNAS, "sampled": SPOS}[kind](supernet.space)
    (arch,) = algorithm.draw(0)
    torch.manual_seed(1)
    y = supernet(x, arch)
    y.square().mean().backward()
    named = [*supernet.named_parameters(), *algorithm.named_parameters()]
    gradients = {f"gradient of {n}": p.grad for n, p in named if p.grad is not None}
    return {"y": y.detach(), **gradients, **snapshot(supernet)}


@pytest.mark.parametrize("kind", ["relaxed", "sampled"])
@pytest.mark.parametrize("space", ["gpt", "autoformer", "mobilenetv3"])
def test_gradients_and_running_statistics_are_the_same(space: str, kind: str) -> None:
    plain, again = (_after_a_step(space, kind, again=again) for again in (False, True))
    torch.testing.assert_close(again, plain, rtol=0, atol=0)


def test_less_is_kept() -> None:
    def peak(*, again: bool) -> int:
        supernet = Supernet(CASES["gpt"].build())
        if again:
            recompute_blocks(supernet.net, None)
        x = torch.randint(30, (64, 12))
        (arch,) = DrNAS(supernet.space).draw(0)
        return peak_bytes(
            lambda: supernet(x, {n: w.detach() for n, w in arch.items()}).sum().backward(),
            supernet.zero_grad,
        )

    assert peak(again=True) < 0.6 * peak(again=False)


def _stacked(**options: Any) -> Any:
    return make_search(net=_small(), weight_optimizer=partial(SGD, lr=0.1), **options)


def _small() -> nn.Module:
    width, depth = Choice("width", (2, 8)), Choice("depth", (1, 2))
    torch.manual_seed(0)
    block = lambda: nn.Sequential(tnn.Linear(width, width), nn.Tanh(), nn.Dropout(0.1))  # noqa: E731
    stack = tnn.Stack(depth, [block(), block()])
    return nn.Sequential(tnn.Linear(4, width), stack, tnn.Linear(width, CLASSES))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_search_trains_as_without(precision: str) -> None:
    states = []
    for again in (False, True):
        search = _stacked(gradient_checkpointing=again)
        trainer = make_trainer(epochs=1, precision=precision)
        torch.manual_seed(2)
        trainer.fit(search, PlantedData())
        states.append(snapshot(search))
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_a_layer_that_would_count_batches_twice_is_refused() -> None:
    net = tnn.Stack(Choice("depth", (1, 2)), [nn.BatchNorm1d(4), nn.BatchNorm1d(4)])
    with pytest.raises(ValueError, match=r"use that of tangle\.nn"):
        recompute_blocks(net, None)


def test_a_network_without_stacks_and_a_compiled_one_are_refused() -> None:
    with pytest.raises(ValueError, match="PlantedNet has no stack of blocks"):
        make_search(gradient_checkpointing=True)
    with pytest.raises(ValueError, match="compile_backend is 'aot_eager': set one"):
        _stacked(gradient_checkpointing=True, compile_backend="aot_eager")
