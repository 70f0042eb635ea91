"""A picture of a Pareto front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

_PANEL = (4.2, 3.4)
"""Width and height of a panel, inches."""


def draw_front(
    points: Sequence[Mapping[str, float]], front: Sequence[Mapping[str, float]]
) -> Figure:
    """Return a figure with a panel for each objective against the first one.

    Args:
        points: The values of all architectures, by objective.
        front: Those that no other beats in all objectives.
    """
    first, *others = list(front[0])
    figure = Figure((_PANEL[0] * len(others), _PANEL[1]), layout="constrained")
    panels = figure.subplots(1, len(others), squeeze=False).flatten()
    for panel, name in zip(panels, others, strict=True):
        panel.scatter([p[name] for p in points], [p[first] for p in points], 12, alpha=0.35,
                      label="evaluated", linewidths=0)  # fmt: skip
        line = sorted(front, key=lambda point: point[name])
        panel.plot([p[name] for p in line], [p[first] for p in line], "o", markersize=5,
                   color="C1", label="front")  # fmt: skip
        panel.set_xlabel(name, fontsize="small")
        panel.set_ylabel(first, fontsize="small")
        panel.tick_params(labelsize="x-small")
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(alpha=0.2)
    panels[0].legend(fontsize="x-small", frameon=False)
    return figure
