"""Seeing and comparing runs: tables, figures and pages."""

from tangle.report.anytime_figure import draw_anytime
from tangle.report.arch_figure import draw_arch_weights
from tangle.report.comparison import Comparison, Summary, sign_flip_p_value

__all__ = [
    "Comparison",
    "Summary",
    "draw_anytime",
    "draw_arch_weights",
    "sign_flip_p_value",
]
