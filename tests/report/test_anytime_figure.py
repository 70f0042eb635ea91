import math

import pytest

from tangle.report import draw_anytime


def lines(figure):
    return {line.get_label(): line for line in figure.axes[0].get_lines()}


def test_a_line_is_the_mean_of_the_best_so_far():
    curves = {"a": [[(1, 0.2), (2, 0.1), (3, 0.6)], [(1, 0.4), (2.5, 0.5)]]}
    line = lines(draw_anytime(curves, "accuracy"))["a"]
    assert line.get_xdata() == pytest.approx([1, 2, 2.5, 3])
    assert line.get_ydata() == pytest.approx([0.3, 0.3, 0.35, 0.55])


def test_less_can_be_better():
    line = lines(draw_anytime({"a": [[(1, 3.0), (2, 4.0)]]}, "loss", larger_is_better=False))["a"]
    assert line.get_ydata() == pytest.approx([3, 3])


def test_a_line_begins_when_all_seeds_have_a_score():
    line = lines(draw_anytime({"a": [[(1, 0.1), (4, 0.2)], [(3, 0.3)]]}, "accuracy"))["a"]
    assert line.get_xdata() == pytest.approx([3, 4])


def test_a_method_without_scores_is_left_out():
    assert not lines(draw_anytime({"a": [[]]}, "accuracy"))


def test_the_score_of_each_moment_can_be_drawn():
    line = lines(draw_anytime({"a": [[(1, 0.3), (2, 0.2)]]}, "test_acc", best_so_far=False))["a"]
    assert line.get_ydata() == pytest.approx([0.3, 0.2])


@pytest.mark.parametrize(("larger", "best"), [(True, [0.5, 0.5, 0.5]), (False, [0.5, 0.5, 0.4])])
def test_a_score_that_is_no_number_is_not_the_best_so_far(larger, best):
    curves = {"a": [[(1, math.nan), (2, 0.5), (3, math.nan), (4, 0.4)]]}
    line = lines(draw_anytime(curves, "score", larger_is_better=larger))["a"]
    assert line.get_ydata() == pytest.approx([math.nan, *best], nan_ok=True)
