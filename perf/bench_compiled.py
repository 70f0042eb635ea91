"""Steps of supernets by `torch.compile` with inductor, as the option `compile_backend` has them.

They are against the plain largest network in the same run, both as it is and compiled itself. A
step is forward, backward, clipping and Adam, as in `bench_steps.py`. The first step of each is
left out; it compiles, for minutes on a CPU.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from perf.bench_spaces import autoformer, language_model, mobilenetv3
from perf.bench_steps import Bench, conv_macro
from perf.measure import Step, seconds
from tangle.modules.compiled import Compiled

ROUNDS = {"language_model": 3}
FOLDER = Path("runs") / "bench"
RESULTS: list[dict[str, float | str]] = []


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("build", [conv_macro, mobilenetv3, autoformer, language_model])
def test_compiled_steps(build: Callable[[], tuple[nn.Module, Tensor, Tensor]]) -> None:
    bench, compiled = Bench(build), Bench(build)
    compiled.run = Compiled(compiled.supernet, "inductor")
    largest = bench.supernet.extract(bench.supernet.space.largest())
    steps: dict[str, Step] = {
        "plain, compiled": bench.step_of(torch.compile(largest)),
        "weight, compiled": compiled.weight,
        "alpha, compiled": compiled.alpha,
    }
    first = {name: _seconds_of(step) for name, step in steps.items()}
    steps |= {"plain": bench.plain, "weight": bench.weight, "alpha": bench.alpha}
    times = seconds(steps, rounds=ROUNDS.get(build.__name__, 9), warmup=1)
    for name, value in times.items():
        RESULTS.append({
            "space": build.__name__, "step": name, "seconds": value,
            "of plain": value / times["plain"],
            "of plain, compiled": value / times["plain, compiled"],
            "seconds of the first": first.get(name, float("nan")),
        })  # fmt: skip


def _seconds_of(step: Step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


@pytest.fixture(scope="module", autouse=True)
def _report() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    table = Table(title="Steps by inductor and without, medians of one run")
    for column in RESULTS[0]:
        table.add_column(column)
    for row in RESULTS:
        table.add_row(*(v if isinstance(v, str) else f"{v:.3f}" for v in row.values()))
    Console(width=110).print(table)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "compiled.json").write_text(json.dumps(RESULTS, indent=2))
