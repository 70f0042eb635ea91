"""Figures as part of a page that may be light or dark."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from typing import Any

import matplotlib
from matplotlib.figure import Figure

_INK = "#123456"
"""Stands for the page's own colour of text; matplotlib has no name for it."""
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: small, selectable, in the page's font
    "text.parse_math": False,  # a dollar sign is one
    "svg.hashsalt": "tangle",  # the same figure gives the same file
    "text.color": _INK, "axes.labelcolor": _INK, "axes.edgecolor": _INK, "axes.titlecolor": _INK,
    "xtick.color": _INK, "ytick.color": _INK, "grid.color": _INK, "legend.labelcolor": _INK,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
}  # fmt: skip


def style() -> AbstractContextManager[None]:
    """Return a context in which figures are to be drawn that `to_svg` is given."""
    return matplotlib.rc_context(_STYLE)


def to_svg(figure: Figure, title: str) -> str:
    """Return a figure as an SVG element, its lines and text in the colour of the page's text.

    Args:
        figure: A figure drawn within `style()`.
        title: What it shows, for those who can't see it.
    """
    file = io.StringIO()
    with style():
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :].replace(_INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' (width|height)="[\d.]+pt"', "", text, count=2)  # the page decides
    label = title.replace("&", "and").replace('"', "'").replace("<", "")
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
