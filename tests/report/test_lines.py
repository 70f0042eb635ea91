from tangle.report.lines import draw_lines


def test_every_line_has_its_points_and_name():
    axes = draw_lines({"a": [(0, 1), (1, 2)], "b": [(0, 3)]}, "epoch", "loss").axes[0]
    assert [list(line.get_ydata()) for line in axes.get_lines()] == [[1, 2], [3]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")


def test_a_single_line_needs_no_legend():
    assert draw_lines({"a": [(0, 1)]}, "epoch", "loss").axes[0].get_legend() is None
