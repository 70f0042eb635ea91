import pytest
import torch
from torch import nn

from tangle.nn import Supernet
from tangle.spaces.blocks.darts_cell import CellStyle, DARTSCell
from tangle.spaces.blocks.drop_path import DropPath
from tangle.spaces.blocks.edge import Entanglement


def cell(*, reduces=False, reduces_before=False, **style):
    style = CellStyle(Entanglement(), num_nodes=2, **style)
    return DARTSCell((4, 6, 2), style, reduces=reduces, reduces_before=reduces_before)


@pytest.mark.parametrize("reduces", [False, True])
@pytest.mark.parametrize("reduces_before", [False, True])
def test_inputs_of_two_resolutions_come_to_one_shape(reduces, reduces_before):
    module = cell(reduces=reduces, reduces_before=reduces_before)
    space = Supernet(module).space
    assert all(name.startswith("reduce" if reduces else "normal") for name in space)
    before = torch.randn(3, 4, 16 if reduces_before else 8, 16 if reduces_before else 8)
    net = Supernet(module).extract(space.largest())
    side = 4 if reduces else 8
    assert net(before, torch.randn(3, 6, 8, 8)).shape == (3, 4, side, side)


def test_final_cells_scale_and_shift_and_do_not_normalise_poolings():
    for final, pools in ((False, nn.Sequential), (True, nn.MaxPool2d)):
        module = cell(final=final)
        norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
        assert {norm.affine for norm in norms} == {final}
        supernet = Supernet(module)
        arch = supernet.space.parse(dict.fromkeys(supernet.space, "max_pool_3x3"))
        assert type(supernet.extract(arch).cell.edges["n2_from0"]) is pools


def test_all_operations_but_identities_are_dropped():
    for edge in cell(drop_path=0.2).cell.edges.values():
        kinds = {type(part) for part in edge.parts}
        drops = [any(isinstance(m, DropPath) for m in part.modules()) for part in edge.parts]
        assert nn.Identity in kinds
        assert drops.count(False) == 2  # none and skip
