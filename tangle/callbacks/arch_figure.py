"""A picture of architecture weights over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tangle.core import Choice, SearchSpace

PANEL = (2.6, 1.9)
"""Width and height of a panel, inches."""
GAP = 0.11
"""Least distance between two labels, as a share of the height of a panel."""


def draw_arch_weights(rows: Sequence[Mapping[str, Any]], space: SearchSpace) -> Figure:
    """Return a figure with one panel for each choice, and in it one line for each candidate.

    Args:
        rows: Of each moment the number of updates, `update`, and the weights,
            `<choice>=<value>`.
        space: The choices.
    """
    columns = min(4, math.ceil(math.sqrt(len(space))))
    lines = math.ceil(len(space) / columns)
    figure = Figure((PANEL[0] * columns, PANEL[1] * lines), layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).flatten()
    updates = [int(row["update"]) for row in rows]
    for panel, choice in zip(panels, space.values(), strict=False):
        weights = {
            value: [float(row[f"{choice.name}={value}"]) for row in rows]
            for value in choice.candidates
        }
        _draw(panel, choice, updates, weights)
    for panel in panels[len(space) :]:
        panel.set_axis_off()
    figure.supxlabel("updates", fontsize="small")
    figure.supylabel("architecture weight, softmax of alpha", fontsize="small")
    return figure


def _draw(
    panel: Axes, choice: Choice, updates: Sequence[int], weights: Mapping[Any, Sequence[float]]
) -> None:
    viridis = colormaps["viridis"]
    colours = {value: viridis(i / len(weights)) for i, value in enumerate(weights)}
    for value, line in weights.items():
        panel.plot(updates, line, color=colours[value], linewidth=1.5)
    ends = _apart({value: line[-1] for value, line in weights.items()})
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
    panel.set_ylim(0, 1)
    panel.tick_params(labelsize="x-small")
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.2)


def _apart(heights: Mapping[Any, float]) -> dict[Any, float]:
    """Return the heights moved apart until no two labels touch, in the same order."""
    ordered = sorted(heights, key=lambda value: heights[value])
    gap = min(GAP, 1 / max(1, len(ordered) - 1))
    moved: list[float] = []
    for value in ordered:
        moved.append(max(heights[value], moved[-1] + gap) if moved else heights[value])
    overhang = max(0.0, moved[-1] - 1)
    for i in range(len(moved) - 1, -1, -1):  # back down from the top edge
        limit = 1.0 if i == len(moved) - 1 else moved[i + 1] - gap
        moved[i] = min(moved[i], limit) if overhang else moved[i]
    return dict(zip(ordered, moved, strict=True))
