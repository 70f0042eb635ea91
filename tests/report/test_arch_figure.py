"""A panel for each choice, a line for each candidate, labels that can be read."""

import itertools

import pytest

from tangle.core import Choice, SearchSpace
from tangle.report.arch_figure import GAP, _apart, draw_arch_weights

SPACE = SearchSpace([Choice("width", (4, 8, 16)), Choice("op", ("skip", "conv"))])


def test_every_candidate_has_a_line_and_a_label() -> None:
    final = {"width=4": 0.1, "width=8": 0.2, "width=16": 0.7, "op=skip": 0.4, "op=conv": 0.6}
    start = {name: 1 / (3 if name.startswith("width") else 2) for name in final}
    figure = draw_arch_weights([{"update": 0, **start}, {"update": 9, **final}], SPACE)
    width, op = figure.axes
    assert [panel.get_title() for panel in (width, op)] == ["width", "op"]
    assert [list(line.get_ydata()) for line in width.lines] == [
        [1 / 3, 0.1], [1 / 3, 0.2], [1 / 3, 0.7]
    ]  # fmt: skip
    labels = {text.get_text(): text.get_fontweight() for text in op.texts}
    assert labels == {"skip": "normal", "conv": "bold"}


def test_there_may_be_more_choices_than_fit_a_line() -> None:
    space = SearchSpace([Choice(f"c{i}", (1, 2)) for i in range(6)])
    row = {f"c{i}={v}": 0.5 for i in range(6) for v in (1, 2)}
    figure = draw_arch_weights([{"update": 0, **row}], space)
    assert [panel.get_title() for panel in figure.axes if panel.axison] == list(space)


@pytest.mark.parametrize(
    "heights", [[0.33, 0.34, 0.33], [0.0, 0.0, 0.0, 1.0], [0.2, 0.21, 0.5, 0.52, 0.6], [0.1, 0.9]]
)
def test_labels_keep_their_order_and_distance(heights: list[float]) -> None:
    moved = _apart(dict(enumerate(heights)), GAP)
    ends = sorted(moved.values())
    assert all(b - a >= GAP - 1e-9 for a, b in itertools.pairwise(ends))
    assert [heights[i] for i in sorted(moved, key=moved.__getitem__)] == sorted(heights)
    assert min(ends) >= 0


def test_labels_far_apart_stay_where_they_are() -> None:
    assert _apart({"a": 0.1, "b": 0.9}, GAP) == {"a": 0.1, "b": 0.9}
