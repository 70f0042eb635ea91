"""Training steps of each macro space of the paper at its own size, against the plain largest one.

A step is forward, backward, clipping and Adam, as in `bench_steps.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from perf.bench_steps import Bench
from perf.measure import check, seconds, show
from tangle.spaces import GPT, AutoFormer, MobileNetV3

ROUNDS = {"autoformer": 9, "mobilenetv3": 25, "language_model": 5}
"""A step of the last takes some ten seconds, one of the second a quarter of one."""
BARS = {
    ("autoformer", "weight step / plain step"): 1.10,
    ("autoformer", "alpha step / plain step"): 0.80,
    ("autoformer", "peak memory, weight step / plain step"): 1.05,
    ("mobilenetv3", "weight step / plain step"): 1.15,
    ("mobilenetv3", "peak memory, weight step / plain step"): 1.05,
    ("language_model", "weight step / plain step"): 1.25,
    ("language_model", "alpha step / plain step"): 0.90,
    ("language_model", "peak memory, weight step / plain step"): 1.25,
}
KEPT = {
    ("autoformer", "peak memory, weight step / plain step"),
    ("mobilenetv3", "peak memory, weight step / plain step"),
}
RESULTS: dict[tuple[str, str], float] = {}


def autoformer() -> tuple[nn.Module, Tensor, Tensor]:
    net = AutoFormer("T", num_classes=10)
    return net, torch.randn(8, 3, 224, 224), torch.randint(10, (8,))


def mobilenetv3() -> tuple[nn.Module, Tensor, Tensor]:
    return MobileNetV3(), torch.randn(16, 3, 64, 64), torch.randint(1000, (16,))


def language_model() -> tuple[nn.Module, Tensor, Tensor]:
    net = GPT(50304, 224, dropout=0.0)
    return net, torch.randint(50304, (12, 224)), torch.randint(50304, (12, 224))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("build", [autoformer, mobilenetv3, language_model])
def test_steps(build: Callable[[], tuple[nn.Module, Tensor, Tensor]]) -> None:
    bench = Bench(build)
    times = seconds(
        {"plain": bench.plain, "weight": bench.weight, "alpha": bench.alpha},
        rounds=ROUNDS[build.__name__],
    )  # fmt: skip
    largest = bench.supernet.extract(bench.supernet.space.largest())
    plain = bench.memory(bench.step_of(largest), largest)
    for name, step in (("weight", bench.weight), ("alpha", bench.alpha)):
        RESULTS[build.__name__, f"{name} step / plain step"] = times[name] / times["plain"]
        memory = bench.memory(step, bench.supernet)
        RESULTS[build.__name__, f"peak memory, {name} step / plain step"] = memory / plain
    check(RESULTS, BARS, KEPT)


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    show(RESULTS, BARS, "spaces")
