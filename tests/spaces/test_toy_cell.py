from collections import Counter

import pytest
import torch
from torch import nn

from tangle.nn import OneOf, Supernet
from tangle.spaces import ToyCell
from tangle.spaces.toy_cell import OPERATIONS

PREPROCESS_AND_HEAD = 155_050


@pytest.mark.parametrize(("entangle", "count"), [(True, 239_146), (False, 304_810)])
def test_default_space_has_the_papers_size_and_parameters(entangle, count):
    supernet = Supernet(ToyCell(entangle=entangle))
    assert supernet.space.cardinality == 4096
    assert sum(p.numel() for p in supernet.parameters()) == count
    assert {choice.candidates for choice in supernet.space.values()} == {OPERATIONS}


def test_choices_are_named_by_cell_node_and_source():
    edges = ("n1_from0", "n2_from0", "n2_from1")
    assert set(Supernet(ToyCell()).space) == {
        f"{k}_{e}" for k in ("normal", "reduce") for e in edges
    }


@pytest.mark.parametrize("entangle", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_a_found_network_has_the_parameters_of_the_specification(entangle, seed):
    """Spec 6.B 7: per edge sep k `2 C k^2 + 2 C^2`, dil k `C k^2 + C^2`."""
    supernet = Supernet(ToyCell(entangle=entangle))
    generator = torch.Generator().manual_seed(seed)
    arch = {name: int(torch.randint(4, (), generator=generator)) for name in supernet.space}
    expected = PREPROCESS_AND_HEAD
    for kind, channels in (("reduce", 32), ("normal", 32), ("reduce", 64)):
        for name, value in supernet.space.describe(arch).items():
            if name.startswith(kind):
                kernel, times = int(value[-1]), 2 if value.startswith("sep") else 1
                expected += times * (channels * kernel**2 + channels**2)
    assert sum(p.numel() for p in supernet.extract(arch).parameters()) == expected


def test_feature_maps_have_the_shapes_of_the_specification():
    supernet = Supernet(ToyCell()).eval()
    net = supernet.extract(supernet.space.smallest())
    shapes = []
    for block in net.features:
        block.register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape[1:])))
    assert net(torch.randn(2, 1, 28, 28)).shape == (2, 10)
    assert shapes[::2] == [(64, 14, 14), (64, 14, 14), (128, 7, 7)]


def test_layers_have_no_bias_and_plain_norms():
    features = ToyCell().features
    assert all(m.bias is None for m in features.modules() if isinstance(m, nn.Conv2d))
    norms = [m for m in features.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(n.affine, n.eps, n.momentum, n.track_running_stats) for n in norms} == {
        (False, 1e-5, 0.1, True)
    }


def test_reduction_cells_share_an_architecture_and_no_weights():
    supernet = Supernet(ToyCell())
    first, _, last = supernet.net.features[::2]
    assert first.cell.edges["n1_from0"].choice == last.cell.edges["n1_from0"].choice
    mine = {id(p) for p in first.parameters()}
    assert mine.isdisjoint(id(p) for p in last.parameters())


@pytest.mark.parametrize(("entangle", "runs"), [(True, 2), (False, 4)])
def test_entangled_operations_run_once_and_shared_ones_each(entangle, runs):
    supernet = Supernet(ToyCell((2, 2, 2), entangle=entangle))
    ran = Counter()
    edges = [module for module in supernet.modules() if isinstance(module, OneOf)]
    for number, edge in enumerate(edges):
        for part in edge.parts:
            part.register_forward_hook(lambda m, i, o, number=number: ran.update([number]))
    supernet(torch.randn(2, 1, 28, 28), {n: torch.full((4,), 0.25) for n in supernet.space})
    assert list(ran.values()) == [runs] * 9


def group_mass_gradients(group_mass):
    """Return for each choice how a loss moves with the mass of `sep_*`, and within the group."""
    torch.manual_seed(0)
    net = Supernet(ToyCell((4, 4, 4), group_mass=group_mass, dropout=0.0)).double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-14
    weights = {
        name: torch.rand(4, dtype=torch.float64).softmax(0).requires_grad_() for name in net.space
    }
    x = torch.randn(8, 1, 28, 28, dtype=torch.float64)
    net(x, weights).square().sum().backward()
    products = [(w * w.grad).detach()[:2] for w in weights.values()]
    return (
        max(float(p.sum().abs()) for p in products),
        min(float(p.sum().abs()) for p in products),
        min(float((p[0] - p[1]).abs()) for p in products),
    )


def test_mass_of_a_group_has_a_gradient_outside_and_none_inside():
    """Spec 2.6: normalisation divides a mass on the kernels out."""
    _, least, within = group_mass_gradients("outside")
    assert min(least, within) > 1e-2
    most, _, within = group_mass_gradients("inside")
    assert most < 1e-6 * within


def test_group_mass_without_entanglement_is_refused():
    with pytest.raises(ValueError, match="group_mass is 'outside', but entangle is false"):
        ToyCell(entangle=False, group_mass="outside")


def test_init_weights_starts_an_extracted_network_afresh():
    supernet = Supernet(ToyCell())
    subnet = supernet.extract(supernet.space.smallest())
    before = {name: p.clone() for name, p in subnet.named_parameters()}
    subnet.init_weights()
    assert all(not torch.equal(p, before[name]) for name, p in subnet.named_parameters())


def test_other_than_three_cells_are_refused():
    with pytest.raises(ValueError, match="channels has 2 numbers, but the network has 3 cells"):
        ToyCell((8, 8))


def test_images_that_the_cells_halve_to_nothing_are_refused():
    with pytest.raises(ValueError, match="image_size is 7, but it must be at least 8"):
        ToyCell(image_size=7)
