"""A figure of lines over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from tangle.report.legend import add_legend

_SIZE = (4.8, 2.8)
"""Width and height, inches: on a phone text of 8 points has about 9 pixels."""


def draw_lines(
    lines: Mapping[str, Sequence[tuple[float, float]]], x_label: str, y_label: str
) -> Figure:
    """Return a figure with a line for each name.

    Args:
        lines: The points of each line.
        x_label: What the horizontal axis is, with its unit.
        y_label: What the vertical axis is, with its unit.
    """
    figure = Figure(_SIZE, layout="constrained")
    axes = figure.subplots()
    for name, points in lines.items():
        marker = "o" if len(points) < 2 else None
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1.6, marker=marker)
    axes.set_xlabel(x_label, fontsize="small")
    axes.set_ylabel(y_label, fontsize="small")
    axes.tick_params(labelsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.2)
    if len(lines) > 1:
        add_legend(axes, "small")
    return figure
