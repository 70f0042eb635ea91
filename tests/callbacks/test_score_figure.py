from tangle.callbacks.score_figure import draw_score


def test_lines_are_the_incumbent_and_the_best_so_far():
    (axes,) = draw_score([(1.0, 90.1), (2.0, 90.5), (3.0, 90.3)], "test_acc").axes
    best, incumbent = axes.lines
    assert list(best.get_ydata()) == [90.1, 90.5, 90.5]
    assert list(incumbent.get_ydata()) == [90.1, 90.5, 90.3]
    assert list(incumbent.get_xdata()) == [1.0, 2.0, 3.0]
    assert "test_acc" in axes.get_ylabel()
