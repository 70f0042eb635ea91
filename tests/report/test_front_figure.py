from tangle.report import draw_front


def test_each_further_objective_has_a_panel_with_all_points_and_the_front():
    points = [{"accuracy": 0.5, "params": 10.0, "macs": 3.0},
              {"accuracy": 0.7, "params": 20.0, "macs": 2.0},
              {"accuracy": 0.4, "params": 30.0, "macs": 9.0}]  # fmt: skip
    panels = draw_front(points, points[:2]).axes
    assert [panel.get_xlabel() for panel in panels] == ["params", "macs"]
    assert panels[0].collections[0].get_offsets().tolist() == [[10, 0.5], [20, 0.7], [30, 0.4]]
    assert panels[1].get_lines()[0].get_xydata().tolist() == [[2, 0.7], [3, 0.5]]
