"""How good each method is after how many seconds."""

from __future__ import annotations

import bisect
import math
import statistics
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from tangle.report.legend import add_legend

Curve = Sequence[tuple[float, float]]
"""Seconds and score, in the order of time."""
_SIZE = (5.6, 3.4)
"""Width and height, inches."""


def draw_anytime(
    curves: Mapping[str, Sequence[Curve]],
    label: str,
    *,
    larger_is_better: bool = True,
    best_so_far: bool = True,
) -> Figure:
    """Return a figure of a score over seconds, a line for each method.

    The line is the mean over the method's curves, and the band reaches from the worst to the best
    of them; it begins when all of them have a score.

    Args:
        curves: For each method the curve of each seed.
        label: What the score is.
        larger_is_better: Whether more of it is better.
        best_so_far: Whether to draw the best score up to each moment in place of the current one.
    """
    figure = Figure(_SIZE, layout="constrained")
    axes = figure.subplots()
    for name, of_seeds in curves.items():
        best = [curve for curve in of_seeds if curve]
        if best_so_far:
            best = [_best_so_far(curve, larger_is_better) for curve in best]
        if not best:
            continue
        times = sorted({seconds for curve in best for seconds, _ in curve})
        times = [t for t in times if t >= max(curve[0][0] for curve in best)]
        at = [[_value(curve, seconds) for curve in best] for seconds in times]
        mean = [statistics.fmean(values) for values in at]
        (line,) = axes.step(times, mean, where="post", label=name, linewidth=1.6)
        axes.fill_between(
            times, [min(v) for v in at], [max(v) for v in at],
            step="post", alpha=0.15, color=line.get_color(), linewidth=0,
        )  # fmt: skip
    axes.set_xlabel("seconds of search")
    axes.set_ylabel(f"{label}, best so far" if best_so_far else label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.2)
    add_legend(axes, "small")
    return figure


def _best_so_far(curve: Curve, larger_is_better: bool) -> Curve:
    """Return the best score up to each moment; one that is no number is worse than any other."""
    better = max if larger_is_better else min
    best: list[tuple[float, float]] = []
    for seconds, score in curve:
        known = [s for s in (score, *(before for _, before in best[-1:])) if not math.isnan(s)]
        best.append((seconds, better(known, default=math.nan)))
    return best


def _value(curve: Curve, seconds: float) -> float:
    return curve[bisect.bisect_right(curve, seconds, key=lambda point: point[0]) - 1][1]
