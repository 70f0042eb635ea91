"""Every line is named, whatever users call their methods."""

import warnings

import pytest
from matplotlib.figure import Figure

from tangle.report import draw_anytime
from tangle.report.legend import add_legend
from tangle.report.lines import draw_lines

NAMES = ["_mine", "drnas", "__", "a$b$", "$", "x_1"]


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@pytest.mark.parametrize("kind", ["anytime", "lines"])
def test_names_that_mean_something_to_matplotlib_are_in_the_legend(kind, tmp_path):
    points = [(1.0, 0.1), (2.0, 0.2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if kind == "anytime":
            figure = draw_anytime({name: [points] for name in NAMES}, "accuracy")
        else:
            figure = draw_lines(dict.fromkeys(NAMES, points), "seconds", "accuracy")
        figure.savefig(tmp_path / "figure.svg")
    assert names(figure) == NAMES


def test_a_single_method_with_an_underscore_is_named():
    assert names(draw_anytime({"_mine": [[(1, 0.1)]]}, "accuracy")) == ["_mine"]


def test_without_lines_there_is_no_legend():
    axes = Figure().subplots()
    add_legend(axes, "small")
    assert axes.get_legend() is None
