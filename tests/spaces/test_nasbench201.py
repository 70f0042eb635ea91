import pytest
import torch
from torch import nn

from tangle.nn import Supernet
from tangle.spaces import NASBench201


@pytest.mark.parametrize(("entangle", "count"), [(True, 1_528_186), (False, 1_692_826)])
def test_default_space_has_the_papers_size_and_parameters(entangle, count):
    supernet = Supernet(NASBench201(entangle=entangle))
    assert supernet.space.cardinality == 15_625
    assert sum(p.numel() for p in supernet.parameters()) == count


def test_edges_and_operations_are_in_the_order_of_the_specification():
    space = Supernet(NASBench201()).space
    assert list(space) == ["n1_from0", "n2_from0", "n2_from1", "n3_from0", "n3_from1", "n3_from2"]
    assert {choice.candidates for choice in space.values()} == {
        ("avg_pool_3x3", "nor_conv_3x3", "nor_conv_1x1", "skip_connect", "none")
    }


def test_stages_have_the_shapes_of_the_specification():
    supernet = Supernet(NASBench201()).eval()
    net = supernet.extract(supernet.space.smallest())
    shapes = []
    for block in net.stages:
        block.register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape[1:])))
    assert net(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert shapes == [(16, 32, 32)] * 5 + [(32, 16, 16)] * 6 + [(64, 8, 8)] * 6


@pytest.mark.parametrize("affine", [True, False])
def test_convolutions_of_cells_have_a_bias_where_norms_do_not_shift(affine):
    cell = NASBench201((4,), num_cells=1, affine=affine).stages[0]
    assert {m.bias is None for m in cell.modules() if isinstance(m, nn.Conv2d)} == {affine}
    assert {m.affine for m in cell.modules() if isinstance(m, nn.BatchNorm2d)} == {affine}


def test_running_statistics_of_cells_can_be_left_out():
    net = NASBench201((4,), num_cells=1, track_running_stats=False)
    norms = [m for m in net.stages.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert all(norm.running_mean is None for norm in norms)
    assert net.stem[1].running_mean is not None


def test_a_cell_of_none_lets_nothing_through_and_still_trains():
    supernet = Supernet(NASBench201((4, 8), num_cells=1))
    arch = {name: 4 for name in supernet.space}
    y = supernet(torch.randn(2, 3, 8, 8), arch)
    torch.testing.assert_close(y[0], y[1])
    y.sum().backward()
    assert supernet.net.head[-1].bias.grad.abs().min() > 0


def test_skip_and_pool_have_no_norm():
    supernet = Supernet(NASBench201((4,), num_cells=1))
    arch = supernet.space.parse(
        {name: "avg_pool_3x3" if "from0" in name else "skip_connect" for name in supernet.space}
    )
    cell = supernet.extract(arch).stages[0].cell
    assert not list(cell.parameters())
    x = torch.randn(2, 4, 6, 6)
    pooled = nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)(x)
    torch.testing.assert_close(cell(x)[-1], 4 * pooled)  # n1 = p, n2 = p + n1, n3 = p + n1 + n2


def test_group_mass_without_entanglement_is_refused():
    with pytest.raises(ValueError, match="group_mass is 'inside', but entangle is false"):
        NASBench201(entangle=False, group_mass="inside")


def test_network_without_stages_or_cells_is_refused():
    for options in ({"channels": ()}, {"num_cells": 0}):
        with pytest.raises(ValueError, match="at least one stage, and at least one cell"):
            NASBench201(**options)


def test_init_weights_starts_an_extracted_network_afresh():
    supernet = Supernet(NASBench201((4,), num_cells=1))
    subnet = supernet.extract(supernet.space.smallest())
    before = subnet.stem[0].weight.clone()
    subnet.init_weights()
    assert not torch.equal(subnet.stem[0].weight, before)


def test_partial_channels_leave_the_space_as_it_is():
    whole, half = (Supernet(NASBench201((4, 8), num_cells=1, partial_channels=k)) for k in (1, 2))
    assert half.space.hash == whole.space.hash
    convs = [m for m in half.net.stages[0].modules() if isinstance(m, nn.Conv2d)]
    assert {conv.in_channels for conv in convs} == {2}


def test_channels_that_do_not_divide_into_parts_are_refused():
    with pytest.raises(ValueError, match="partial_channels is 3, but 16 channels do not divide"):
        NASBench201(partial_channels=3)
