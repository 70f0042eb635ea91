"""How good the architecture of a method is after how many seconds."""

from __future__ import annotations

import math

from tangle.benchmarks import Benchmark
from tangle.report.run import Run
from tangle.selection import Study

Curve = list[dict[str, float]]
"""Rows of `seconds` and one score, in the order of time."""


def search_curve(run: Run, benchmark: Benchmark | None) -> Curve:
    """Return what the best architecture of a search was worth after each epoch.

    Args:
        run: The search; if it names no best architecture the curve is empty.
        benchmark: Knows the score, which is else that of validation with inherited weights.
    """
    column = run.score if benchmark is None else f"benchmark/{benchmark.metric}"
    if column is None:
        return []
    name = column if benchmark else column.rpartition("/")[2]
    return [{"seconds": seconds, name: score} for seconds, score in run.curve(column)]


def selection_curve(study: Study, trained: float, benchmark: Benchmark | None) -> Curve:
    """Return what the best architecture of a second stage was worth whenever it was another one.

    Args:
        study: The second stage.
        trained: Seconds that the supernet was trained before.
        benchmark: Knows the score, which is else the study's first objective.
    """
    objective = study.objectives[0]
    curve: Curve = []
    seconds, least = trained, math.inf
    for trial in study.trials:
        seconds += trial.seconds
        cost = objective.cost(trial.values[objective.name])
        if cost < least or not curve:
            least = cost
            name, score = objective.name, trial.values[objective.name]
            if benchmark is not None:
                name = f"benchmark/{benchmark.metric}"
                score = benchmark.lookup(trial.architecture, study.space)[benchmark.metric]
            curve.append({"seconds": seconds, name: score})
    return [*curve, {**curve[-1], "seconds": seconds}] if curve else []
