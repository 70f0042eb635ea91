"""A picture of a network's layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

_LABELLED = 28
"""Most layers that have room for text."""
_WIDTH, _HEIGHT = 9.0, 2.6
"""Inches."""


def weighted_layers(shapes: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...]]:
    """Return the layers with a matrix or a kernel, by name, with its shape.

    They are in the order of their numbers, `features.9` before `features.11`; a file of weights
    keeps no other.

    Args:
        shapes: The shape of each parameter and buffer, by its name.
    """
    return {
        name.removesuffix(".weight"): tuple(shapes[name])
        for name in sorted(shapes, key=_by_number)
        if len(shapes[name]) > 1
    }


def _by_number(name: str) -> list[tuple[int, str]]:
    parts = name.split(".")
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def draw_network(shapes: Mapping[str, Sequence[int]]) -> Figure:
    """Return a figure with a bar for each layer: as high as its output is wide.

    Widths are written above the bars, with the kernel below the width, and names below the bars.

    Args:
        shapes: The shape of each parameter and buffer, by its name.
    """
    layers = weighted_layers(shapes)
    has_text = len(layers) <= _LABELLED
    figure = Figure((_WIDTH, _HEIGHT + (0.8 if has_text else 0.0)), layout="constrained")
    axes = figure.subplots()
    for position, shape in enumerate(layers.values()):
        kernel = shape[2:]
        colour = "C0" if kernel else "C1"
        axes.bar(position, shape[0], width=0.8, color=colour, alpha=0.75)
        if has_text:
            lines = [str(shape[0]), "x".join(map(str, kernel))] if kernel else [str(shape[0])]
            axes.annotate(
                "\n".join(lines), (position, shape[0]), (0, 2), textcoords="offset points",
                horizontalalignment="center", fontsize="x-small",
            )  # fmt: skip
    names = list(layers) if has_text else []
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize="x-small")
    axes.set_ylabel("outputs", fontsize="small")
    axes.tick_params(axis="y", labelsize="x-small")
    axes.margins(x=0.01, y=0.25 if has_text else 0.05)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
