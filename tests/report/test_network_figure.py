from tangle.report.network_figure import draw_network, weighted_layers

SHAPES = {"f.11.weight": (32, 8, 5, 5), "f.2.weight": (8, 3, 3, 3), "f.2.bias": (8,),
          "head.weight": (10, 32)}  # fmt: skip


def test_layers_come_in_the_order_of_their_numbers():
    assert weighted_layers(SHAPES) == {"f.2": (8, 3, 3, 3), "f.11": (32, 8, 5, 5), "head": (10, 32)}


def test_bars_are_as_high_as_outputs_and_kernels_are_told():
    axes = draw_network(SHAPES).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [8, 32, 10]
    assert [text.get_text() for text in axes.texts] == ["8\n3x3", "32\n5x5", "10"]


def test_many_layers_are_drawn_without_text():
    axes = draw_network({f"l.{i}.weight": (4, 4) for i in range(100)}).axes[0]
    assert len(axes.patches) == 100
    assert not axes.texts
