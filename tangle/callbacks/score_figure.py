"""A picture of how good the best architecture is over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from matplotlib.figure import Figure

_SIZE = (6.0, 3.6)
"""Width and height, inches."""


def draw_score(points: Sequence[tuple[float, float]], metric: str) -> Figure:
    """Return a figure of the incumbent's score, and of the best one so far.

    Args:
        points: Seconds of search and score, in the order of time.
        metric: What the score is; more is better.
    """
    seconds, scores = zip(*points, strict=True)
    figure = Figure(_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.step(
        seconds, list(accumulate(scores, max)), where="post", color="0.6", label="best so far"
    )
    axes.step(seconds, scores, where="post", marker=".", label="incumbent")
    axes.set_xlabel("seconds of search")
    axes.set_ylabel(f"{metric} (benchmark)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.2)
    axes.legend(fontsize="small", frameon=False)
    return figure
