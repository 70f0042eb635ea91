"""A picture of what architectures are worth in two ways."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

SIDE = 4.0
"""Width and height, inches."""


def draw_rank(scores: Sequence[tuple[float, float]], metric: str, title: str) -> Figure:
    """Return a figure with the retrained score of each architecture over its inherited one.

    Args:
        scores: Pairs (inherited, retrained).
        metric: What the scores are.
        title: What stands over it.
    """
    figure = Figure((SIDE, SIDE), layout="constrained")
    panel = figure.subplots()
    panel.scatter([one for one, _ in scores], [other for _, other in scores], s=14, color="C0")
    panel.set_title(title, fontsize="small")
    panel.set_xlabel(f"validation {metric}, inherited weights", fontsize="small")
    panel.set_ylabel(f"test {metric}, trained from scratch", fontsize="small")
    panel.tick_params(labelsize="x-small")
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.2)
    return figure
