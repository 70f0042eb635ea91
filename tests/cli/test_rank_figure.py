"""Each architecture is a point."""

from __future__ import annotations

from tangle.cli.rank_figure import draw_rank


def test_each_architecture_is_a_point_and_the_axes_say_which_score():
    panel = draw_rank([(0.1, 0.2), (0.3, 0.4)], "accuracy", "tau 1.00").axes[0]
    assert panel.collections[0].get_offsets().tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert panel.get_xlabel() == "validation accuracy, inherited weights"
    assert panel.get_ylabel() == "test accuracy, trained from scratch"
