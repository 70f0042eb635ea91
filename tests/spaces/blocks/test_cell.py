import pytest
import torch
from torch import nn

from tangle.spaces.blocks.cell import Cell


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


def test_nodes_are_sums_over_all_states_before_them():
    cell = Cell(2, 2, lambda node, source: Times(10 * node + source))
    a, b = torch.randn(2, 1, 1, 1, 1)
    first = 20 * a + 21 * b
    second = 30 * a + 31 * b + 32 * first
    nodes = cell(a, b)
    torch.testing.assert_close(nodes, [first, second])
    assert list(cell.edges) == ["n2_from0", "n2_from1", "n3_from0", "n3_from1", "n3_from2"]


def test_edges_that_do_not_exist_are_left_out():
    cell = Cell(1, 2, lambda node, source: Times(2) if source == node - 1 else None)
    x = torch.ones(1)
    assert [float(node) for node in cell(x)] == [2, 4]


def test_node_without_an_edge_is_refused():
    with pytest.raises(ValueError, match="Node 2 has no incoming edge"):
        Cell(1, 2, lambda node, source: Times(2) if node == 1 else None)
