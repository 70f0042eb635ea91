"""Times and peak memory of training steps, side by side in one run."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile

Step = Callable[[], object]


def seconds(steps: Mapping[str, Step], *, rounds: int, warmup: int = 2) -> dict[str, float]:
    """Return the median seconds of each step.

    Steps take turns, so that a machine that slows down slows all of them alike.
    """
    for step in [*steps.values()] * warmup:
        step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def peak_bytes(step: Step, prepare: Step) -> int:
    """Return the most memory that tensors take on the CPU during a step, above its start.

    Args:
        step: The step.
        prepare: Runs before the measurement; frees what the step would free first, as the
            gradients of the step before.
    """
    step()
    prepare()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]
    level = peak = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        level += event.nbytes()
        peak = max(peak, level)
    return peak


def check(
    ratios: Mapping[tuple[str, str], float],
    bars: Mapping[tuple[str, str], float],
    kept: Collection[tuple[str, str]],
) -> None:
    """Assert that ratios are below their bars where they are so with room to spare.

    Args:
        ratios: Ratios by space and quantity; those that were not taken are passed over.
        bars: What they should keep below.
        kept: The ones to check. All others depend on the machine, and are only shown.
    """
    missed = {k: ratios[k] for k in kept if k in ratios and ratios[k] > bars[k]}
    assert not missed, f"above their bars: {missed}"


def show(
    ratios: Mapping[tuple[str, str], float], bars: Mapping[tuple[str, str], float], name: str
) -> None:
    """Print ratios by space and quantity, and keep them in `runs/bench`.

    Args:
        ratios: The ratios.
        bars: What they should keep below.
        name: Name of the file.
    """
    table = Table(title="Ratios, medians of one run")
    for column in ("space", "quantity", "ratio", "bar"):
        table.add_column(column)
    for key, ratio in ratios.items():
        table.add_row(*key, f"{ratio:.3f}", str(bars.get(key, "")))
    Console(width=110).print(table)
    content = [
        {"space": key[0], "quantity": key[1], "ratio": ratio, "bar": bars.get(key)}
        for key, ratio in ratios.items()
    ]
    folder = Path("runs") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(content, indent=2))
