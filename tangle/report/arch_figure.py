"""A picture of architecture weights over time."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tangle.core import Choice

PANEL = (2.6, 1.9)
"""Width and height of a panel, inches."""
GAP = 0.11
"""Least distance between two labels, as a share of the height of a panel."""


def draw_arch_weights(rows: Sequence[Mapping[str, Any]], space: Mapping[str, Choice]) -> Figure:
    """Return a figure with one panel for each choice, and in it one line for each candidate.

    Args:
        rows: Of each moment the number of updates, `update`, and the weights,
            `<choice>=<value>`.
        space: The choices.
    """
    columns = min(4, len(space))
    rows_of_panels = math.ceil(len(space) / columns)
    figure = Figure((PANEL[0] * columns, PANEL[1] * rows_of_panels), layout="constrained")
    panels = figure.subplots(
        rows_of_panels, columns, sharex=True, sharey=True, squeeze=False
    ).flatten()
    updates = [int(row["update"]) for row in rows]
    weights = {
        choice: {v: [float(row[f"{name}={v}"]) for row in rows] for v in choice.candidates}
        for name, choice in space.items()
    }
    top = 1.1 * max(max(line) for lines in weights.values() for line in lines.values())
    for panel, choice in zip(panels, weights, strict=False):
        _draw(panel, choice, updates, weights[choice], top=top)
    for panel in panels[len(space) :]:
        panel.set_axis_off()
    for panel in panels[max(0, len(space) - columns) : len(space)]:
        panel.tick_params(labelbottom=True)  # also where nothing is drawn below
    figure.supxlabel("updates", fontsize="small")
    figure.supylabel("softmax of alpha", fontsize="small")
    return figure


def _draw(
    panel: Axes,
    choice: Choice,
    updates: Sequence[int],
    weights: Mapping[Any, Sequence[float]],
    *,
    top: float,
) -> None:
    viridis = colormaps["viridis"]
    # The ends of the scale can't be seen on a dark or on a light page.
    colours = {v: viridis(0.35 + 0.5 * i / len(weights)) for i, v in enumerate(weights)}
    for value, line in weights.items():
        panel.plot(updates, line, color=colours[value], linewidth=1.5)
    ends = _apart({value: line[-1] for value, line in weights.items()}, GAP * top)
    best = max(weights, key=lambda value: weights[value][-1])
    for value, height in ends.items():
        panel.annotate(
            str(value),
            (1.03, height),
            xycoords=("axes fraction", "data"),
            color=colours[value],
            fontsize="small",
            fontweight="bold" if value == best else "normal",
            verticalalignment="center",
            annotation_clip=False,
        )
    panel.set_title(choice.name, fontsize="small")
    panel.set_ylim(0, top)
    panel.tick_params(labelsize="x-small")
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.2)


def _apart(heights: Mapping[Any, float], gap: float) -> dict[Any, float]:
    """Return the heights moved apart until labels do not touch, each cluster about its middle."""
    ordered = sorted(heights, key=lambda value: heights[value])
    clusters: list[list[float]] = []  # the heights that the labels of a cluster would like
    for value in ordered:
        clusters.append([heights[value]])
        while len(clusters) > 1 and _bottom(clusters[-1], gap) < _bottom(
            clusters[-2], gap
        ) + gap * len(clusters[-2]):
            last = clusters.pop()
            clusters[-1] += last
    moved = [_bottom(c, gap) + gap * i for c in clusters for i in range(len(c))]
    return dict(zip(ordered, moved, strict=True))


def _bottom(cluster: Sequence[float], gap: float) -> float:
    return max(0.0, statistics.fmean(cluster) - gap * (len(cluster) - 1) / 2)
