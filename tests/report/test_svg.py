import xml.etree.ElementTree as ElementTree

from tangle.report.lines import draw_lines
from tangle.report.svg import style, to_svg


def draw():
    with style():
        return draw_lines({"a": [(0, 1), (1, 2)]}, "epoch", "loss")


def test_a_figure_is_an_element_with_a_title():
    root = ElementTree.fromstring(to_svg(draw(), 'Losses & "more" <x>'))
    assert root.get("aria-label") == "Losses and 'more' x>"
    assert root.get("width") is None
    assert root.get("viewBox")


def test_lines_and_text_take_the_colour_of_the_page():
    text = to_svg(draw(), "Losses")
    assert "currentColor" in text
    assert "#123456" not in text
    assert ">epoch</text>" in text
    assert "#ffffff" not in text


def test_the_same_figure_gives_the_same_text():
    assert to_svg(draw(), "Losses") == to_svg(draw(), "Losses")


def test_the_style_ends_with_its_block():
    import matplotlib

    before = dict(matplotlib.rcParams)
    draw()
    assert dict(matplotlib.rcParams) == before
