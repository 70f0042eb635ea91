"""A picture of what several objectives cost each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tangle.selection import Objective

PANEL = (4.0, 3.2)
"""Width and height of a panel, inches."""
Values = Mapping[str, float]


def draw_pareto(
    values: Sequence[Values], front: Sequence[Values], objectives: Sequence[Objective]
) -> Figure:
    """Return a figure with the first objective over each of the others.

    Args:
        values: Of each architecture the value of each objective.
        front: The same of those that no other one beats.
        objectives: At least two.
    """
    first, *others = objectives
    figure = Figure((PANEL[0] * len(others), PANEL[1]), layout="constrained")
    panels = figure.subplots(1, len(others), sharey=True, squeeze=False).flatten()
    for panel, other in zip(panels, others, strict=True):
        _draw(panel, values, front, other.name, first.name, joined=len(others) == 1)
        panel.set_xlabel(_label(other), fontsize="small")
    panels[0].set_ylabel(_label(first), fontsize="small")
    return figure


def _draw(
    panel: Axes, values: Sequence[Values], front: Sequence[Values], x: str, y: str, *, joined: bool
) -> None:
    """Draw all points, and the front over them; joined only where it is a line."""
    panel.scatter([v[x] for v in values], [v[y] for v in values], s=10, color="0.7",
                  label="evaluated")  # fmt: skip
    ordered = sorted(front, key=lambda v: v[x])
    panel.plot([v[x] for v in ordered], [v[y] for v in ordered], "o", markersize=4,
               drawstyle="default", linestyle="-" if joined else "", linewidth=1, color="C0",
               label="Pareto front")  # fmt: skip
    panel.tick_params(labelsize="x-small")
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.2)
    panel.legend(fontsize="x-small", frameon=False)


def _label(objective: Objective) -> str:
    return f"{objective.name} ({'more' if objective.larger_is_better else 'less'} is better)"
