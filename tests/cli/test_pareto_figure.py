"""The figure has what its title says."""

from tangle.cli.pareto_figure import draw_pareto
from tangle.selection import Objective

ACCURACY, PARAMS, MACS = Objective("accuracy", True), Objective("params"), Objective("macs")
VALUES = [{"accuracy": a, "params": p, "macs": 2 * p} for a, p in ((0.5, 1), (0.9, 3), (0.6, 4))]


def test_the_first_objective_is_drawn_over_each_of_the_others():
    figure = draw_pareto(VALUES, VALUES[:2], [ACCURACY, PARAMS, MACS])
    labels = [panel.get_xlabel() for panel in figure.axes]
    assert labels == ["params (less is better)", "macs (less is better)"]
    assert figure.axes[0].get_ylabel() == "accuracy (more is better)"


def test_all_points_are_drawn_and_the_front_from_left_to_right():
    (panel,) = draw_pareto(VALUES, VALUES[1::-1], [ACCURACY, PARAMS]).axes
    assert panel.collections[0].get_offsets().tolist() == [[1, 0.5], [3, 0.9], [4, 0.6]]
    (line,) = panel.lines
    assert line.get_xydata().tolist() == [[1, 0.5], [3, 0.9]]
