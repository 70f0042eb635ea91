"""Training steps of MobileNetV3 at its own size, against the plain largest network.

A step is forward, backward, clipping and Adam, as in `bench_steps.py`; a batch is 16 images of 64
pixels.
"""

from __future__ import annotations

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from perf.bench_steps import Bench
from perf.measure import seconds
from tangle.spaces import MobileNetV3

ROUNDS = 15
BARS = {"weight step / plain step": 1.15, "peak memory, weight step / plain step": 1.05}


def mobilenetv3() -> tuple[nn.Module, Tensor, Tensor]:
    return MobileNetV3(), torch.randn(16, 3, 64, 64), torch.randint(1000, (16,))


def test_steps() -> None:
    torch.set_num_threads(2)
    bench = Bench(mobilenetv3)
    steps = {"plain": bench.plain, "weight": bench.weight, "alpha": bench.alpha}
    times = seconds(steps, rounds=ROUNDS)
    largest = bench.supernet.extract(bench.supernet.space.largest())
    memory = {
        "plain": bench.memory(bench.step_of(largest), largest),
        "weight": bench.memory(bench.weight, bench.supernet),
        "alpha": bench.memory(bench.alpha, bench.supernet),
    }
    table = Table(title=f"MobileNetV3, a plain step takes {1e3 * times['plain']:.0f} ms")
    for column in ("quantity", "ratio", "bar"):
        table.add_column(column)
    for step in ("weight", "alpha"):
        for quantity, values in (("", times), ("peak memory, ", memory)):
            name = f"{quantity}{step} step / plain step"
            table.add_row(name, f"{values[step] / values['plain']:.3f}", str(BARS.get(name, "")))
    Console(width=110).print(table)
    assert memory["weight"] < 1.05 * memory["plain"]
