"""A legend of lines under the names that they have."""

from __future__ import annotations

from matplotlib.axes import Axes


def add_legend(axes: Axes, fontsize: str) -> None:
    """Name all lines of a panel by their labels, as these are; without lines, do nothing.

    By itself matplotlib leaves out labels that begin with an underscore, and reads what stands
    between dollar signs as mathematics. Labels are those of users.

    Args:
        axes: The panel.
        fontsize: Size of the names.
    """
    lines = axes.get_lines()
    if not lines:
        return
    legend = axes.legend(lines, ["?"] * len(lines), fontsize=fontsize, frameon=False)
    for text, line in zip(legend.get_texts(), lines, strict=True):
        text.set_parse_math(False)
        text.set_text(str(line.get_label()))
