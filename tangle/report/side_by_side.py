"""What several runs come to together."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure

from tangle.report.anytime_figure import draw_anytime
from tangle.report.comparison import deviation
from tangle.report.run import MONITORED, Rows, Run, larger_is_better

_TITLE = "Runs over time: mean and range over seeds"


def overview(runs: Sequence[Run]) -> Iterator[tuple[str, Figure]]:
    """Yield a title and a figure for each score that several runs have, each over time.

    Args:
        runs: The runs.
    """
    scores = [run.score for run in runs if run.score]
    shared = [name for name in dict.fromkeys(scores) if scores.count(name) > 1]
    for score in shared:
        curves: dict[str, list[Any]] = {}
        for run in runs:
            if run.score == score:
                curves.setdefault(run.algorithm, []).append(run.curve(score))
        title = _TITLE if len(shared) == 1 else f"{_TITLE}, {score}"
        yield title, draw_anytime(curves, score, larger_is_better=larger_is_better(score))


def summary(runs: Sequence[Run]) -> list[list[str]]:
    """Return a header, and a line for each algorithm: mean and deviation over its runs.

    Scores of different names are columns apart, and so are what a second stage chose and what
    `tangle test` measured.

    Args:
        runs: The runs.
    """
    names = dict.fromkeys(run.score for run in runs if run.score)
    stages = dict.fromkeys(name for name in MONITORED for run in runs if _chosen(run, name))
    tests = dict.fromkeys(
        name for run in runs for name in run.metrics("test") if name.endswith(MONITORED)
    )
    by_algorithm: dict[str, list[Run]] = {}
    for run in runs:
        by_algorithm.setdefault(run.algorithm, []).append(run)
    scores = [f"{name}, last epoch" for name in names]
    scores += [*(f"{name}, second stage" for name in stages), *tests]
    rows = [["algorithm", "runs", *scores, "seconds", "parameters"]]
    for algorithm, group in by_algorithm.items():
        last = [run.anytime[-1] for run in group if run.anytime]  # others finished no epoch yet
        best = [[value for run in group for value in _chosen(run, name)] for name in stages]
        best += [[m[name] for run in group if name in (m := run.metrics("test"))] for name in tests]
        rows.append([
            algorithm,
            str(len(group)),
            *(_over_runs(last, name, ".4g") for name in names),
            *(_mean_and_deviation(values, ".4g") for values in best),
            _over_runs(last, "seconds", ",.0f"),
            _over_runs(last, "parameters", ",.0f"),
        ])  # fmt: skip
    return rows


def _chosen(run: Run, metric: str) -> list[float]:
    """Return the best value that the second stages of a run came to; nothing if there is none."""
    found = [
        float(metrics[metric])
        for chosen in run.selections.values()
        if metric in (metrics := (chosen.get("provenance") or {}).get("metrics") or {})
    ]
    best = max if larger_is_better(metric) else min
    return [best(found)] if found else []


def _over_runs(rows: Rows, column: str, form: str) -> str:
    return _mean_and_deviation([float(row[column]) for row in rows if row.get(column)], form)


def _mean_and_deviation(values: Sequence[float], form: str) -> str:
    if not values:
        return ""
    mean = f"{statistics.fmean(values):{form}}"
    return mean if len(values) == 1 else f"{mean} ± {deviation(values):{form}}"
