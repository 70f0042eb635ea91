import pytest
from torch import nn

import tangle.nn as tnn
from tangle.core import Size
from tangle.nn import Supernet
from tangle.spaces.blocks.edge import Entanglement, Kernels
from tangle.spaces.blocks.zero import Zero

ORDER = ("conv_1", "none", "conv_3", "skip")
CONVS = {"conv_3": 3, "conv_1": 1}


def conv(size: Size | int) -> nn.Module:
    return tnn.Conv2d(1, 1, size, padding=size // 2)


def edge(weights):
    others = {"none": Zero(), "skip": nn.Identity()}
    return weights.edge("edge", ORDER, families=[Kernels(conv, CONVS)], others=others)


@pytest.mark.parametrize(("entangle", "parts"), [(True, 3), (False, 4)])
def test_related_operations_are_one_part_where_they_are_entangled(entangle, parts):
    one_of = edge(Entanglement(entangle))
    assert len(one_of.parts) == parts
    supernet = Supernet(one_of)
    assert list(supernet.space) == ["edge"]
    for name, size in CONVS.items():
        extracted = supernet.extract(supernet.space.parse({"edge": name}))
        assert extracted.kernel_size == (size, size)


def test_mass_acts_outside_unless_said_otherwise():
    assert edge(Entanglement()).group_mass == "outside"
    assert edge(Entanglement(True, "inside")).group_mass == "inside"


def test_other_mass_is_refused():
    with pytest.raises(ValueError, match="group_mass is 'within': it must be outside or inside"):
        Entanglement(True, "within")
