from random import Random

import pytest
import torch
from torch import nn

from tangle.algorithms import DARTS, SPOS, DrNAS
from tangle.nn import Supernet
from tangle.spaces import DARTSNet
from tangle.spaces.blocks.darts_cell import KINDS, OPERATIONS
from tangle.spaces.blocks.factorized_reduce import FactorizedReduce
from tangle.spaces.blocks.partial_channels import PartialChannels
from tangle.spaces.blocks.zero import Zero


@pytest.mark.parametrize(("entangle", "count"), [(True, 1_143_034), (False, 1_930_618)])
def test_default_space_has_the_papers_size_and_parameters(entangle, count):
    supernet = Supernet(DARTSNet(entangle=entangle))
    assert sum(p.numel() for p in supernet.parameters()) == count
    assert len(supernet.space) == 2 * 14
    # Of 2, 3, 4 and 5 incoming edges two are kept, each with one of seven operations.
    assert supernet.space.cardinality == (1 * 3 * 6 * 10 * 49**4) ** 2


def small(**options):
    return DARTSNet(2, num_cells=3, in_channels=2, **options)


def on_edges(values, kind, node):
    return [n for n, v in values.items() if n.startswith(f"{kind}_n{node}_from") and v != "none"]


def assert_genotype(space, arch):
    values = space.describe(arch)
    for kind in KINDS:
        for node in range(2, 6):
            assert len(on_edges(values, kind, node)) == 2


@pytest.mark.parametrize("algorithm", [DARTS, DrNAS, SPOS])
def test_algorithms_name_and_draw_genotypes_without_knowing_the_rule(algorithm):
    space = Supernet(small()).space
    search = algorithm(space, seed=3)
    for arch in search.incumbents().values():
        assert_genotype(space, arch)
    if algorithm is SPOS:
        for step in range(20):
            (arch,) = search.draw(step)
            assert_genotype(space, arch)


def test_incumbent_keeps_the_edges_whose_best_operation_is_most_probable():
    """The rule of DARTS by hand, with a strong `none` that must not count (spec 1.4)."""
    supernet = Supernet(small())
    search = DARTS(supernet.space)
    generator = torch.Generator().manual_seed(0)
    alphas = dict(search.arch_parameters.items())
    with torch.no_grad():
        for alpha in alphas.values():
            alpha.copy_(torch.randn(8, generator=generator))
            alpha[0] += 2
    values = supernet.space.describe(search.incumbents()["best"])
    for kind in KINDS:
        for node in range(2, 6):
            names = [f"{kind}_n{node}_from{source}" for source in range(node)]
            weights = {name: alphas[name].detach().softmax(0)[1:] for name in names}
            kept = sorted(names, key=lambda name: float(weights[name].max()))[-2:]
            assert sorted(on_edges(values, kind, node)) == sorted(kept)
            for name in kept:
                assert values[name] == OPERATIONS[1 + int(weights[name].argmax())]


def test_any_picks_become_a_genotype():
    space = Supernet(small()).space
    rng = Random(0)
    for _ in range(20):
        picks = {n: rng.randrange(len(c.candidates)) for n, c in space.items()}
        assert_genotype(space, space.canonical(picks))


def test_sliced_network_runs_the_genotypes_operations_alone():
    supernet = Supernet(small())
    arch = supernet.space.sample(Random(1))
    extracted = supernet.extract(arch)
    for block in extracted.cells:
        running = [e for e in block.cell.edges.values() if not isinstance(e, Zero)]
        assert len(running) == 8
    grads = torch.autograd.grad(
        supernet(torch.randn(4, 2, 8, 8), arch).square().sum(), list(supernet.parameters()),
        allow_unused=True,
    )  # fmt: skip
    touched = sum(int((g != 0).any()) for g in grads if g is not None)
    assert touched <= len(list(extracted.parameters()))


def test_cells_reduce_at_a_third_and_two_thirds():
    supernet = Supernet(DARTSNet()).eval()
    net = supernet.extract(supernet.space.smallest())
    shapes = []
    for block in net.cells:
        block.register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape[1:])))
    assert net(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert shapes == [(64, 32, 32)] * 2 + [(128, 16, 16)] * 3 + [(256, 8, 8)] * 3


def test_norms_of_cells_neither_scale_nor_shift():
    norms = [m for m in small().cells.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(n.affine, n.eps, n.momentum) for n in norms} == {(False, 1e-5, 0.1)}


def test_pools_are_normalised_and_skips_reduce_where_there_is_a_stride():
    net = small()
    normal, reduce, _ = net.cells
    for block, edge, skip in (
        (normal, "n2_from0", nn.Identity),
        (reduce, "n2_from1", FactorizedReduce),
        (reduce, "n3_from2", nn.Identity),
    ):
        one_of = block.cell.edges[edge]
        kinds = {type(part) for part in one_of.parts}
        assert skip in kinds
        pools = [p for p in one_of.parts if isinstance(p, nn.Sequential)
                 and isinstance(p[0], nn.MaxPool2d | nn.AvgPool2d) and len(p) == 2]  # fmt: skip
        assert len(pools) == 2


def test_group_mass_without_entanglement_is_refused():
    with pytest.raises(ValueError, match="group_mass is 'outside', but entangle is false"):
        DARTSNet(entangle=False, group_mass="outside")


@pytest.mark.parametrize("options", [{"num_cells": 2}, {"num_nodes": 0}])
def test_too_few_cells_or_nodes_are_refused(options):
    with pytest.raises(ValueError, match=r"at least 3 cells, .*, and 1 node"):
        DARTSNet(**options)


def test_an_architecture_is_the_same_in_the_search_and_the_final_network():
    final = DARTSNet(2, num_cells=4, final=True, auxiliary=True, drop_path=0.2, images="imagenet")
    assert Supernet(final).space.hash == Supernet(small()).space.hash


@pytest.mark.parametrize(("images", "side"), [("cifar", 32), ("imagenet", 224)])
def test_final_network_classifies_twice_in_training_and_once_else(images, side):
    options = {"images": images, "final": True, "auxiliary": True}
    supernet = Supernet(DARTSNet(4, num_cells=3, num_nodes=2, **options))
    net = supernet.extract(supernet.space.smallest())
    x = torch.randn(2, 3, side, side)
    assert [y.shape for y in net(x)] == [(2, 10), (2, 10)]
    assert net.eval()(x).shape == (2, 10)


def test_drop_path_can_be_ramped():
    supernet = Supernet(small(drop_path=0.2))
    net = supernet.extract(supernet.space.largest())
    net.ramp_drop_path(0.5)
    rates = {m.p for m in net.modules() if isinstance(m, nn.Dropout)}
    assert rates == {0.1}


def test_impossible_drop_path_is_refused():
    with pytest.raises(ValueError, match=r"drop_path is 1.0: it must be in \[0, 1\)"):
        small(drop_path=1.0)


def test_partial_channels_leave_the_space_as_it_is_and_shrink_the_network():
    whole, quarter = (Supernet(DARTSNet(8, partial_channels=parts)) for parts in (1, 4))
    assert quarter.space.hash == whole.space.hash
    counts = [sum(p.numel() for p in s.net.cells.parameters()) for s in (quarter, whole)]
    assert counts[0] < 0.5 * counts[1]
    operations = [m for m in quarter.net.cells.modules() if isinstance(m, PartialChannels)]
    assert len(operations) == 8 * 14


def test_edge_normalization_adds_a_choice_of_edges_and_no_architecture():
    plain, normalized = Supernet(small()).space, Supernet(small(edge_normalization=True)).space
    added = [name for name in normalized if name not in plain]
    assert added == [f"{kind}_n{node}_kept" for kind in KINDS for node in (3, 4, 5)]
    assert normalized.cardinality == plain.cardinality
    arch = normalized.sample(Random(0))
    assert_genotype(normalized, arch)
    values = normalized.describe(arch)
    for name in added:
        kind, node, _ = name.split("_")
        sources = [e.rpartition("from")[2] for e in on_edges(values, kind, int(node[1:]))]
        assert values[name] == "+".join(sources)


def test_normalized_edges_that_are_left_out_pass_nothing_by():
    supernet = Supernet(DARTSNet(8, num_cells=3, partial_channels=4, edge_normalization=True))
    arch = supernet.space.sample(Random(2))
    for block in supernet.extract(arch).cells:
        edges = block.cell.edges.values()
        assert sum(isinstance(edge, PartialChannels) for edge in edges) == 8
        assert sum(isinstance(edge, Zero) for edge in edges) == 6


def test_an_architecture_of_normalized_edges_is_the_same_in_the_final_network():
    search = Supernet(DARTSNet(8, partial_channels=4, edge_normalization=True)).space
    final = Supernet(DARTSNet(4, num_cells=4, final=True, edge_normalization=True)).space
    assert final.hash == search.hash


@pytest.mark.parametrize("parts", [0, 3, 32])
def test_channels_that_do_not_divide_into_parts_are_refused(parts):
    with pytest.raises(ValueError, match=f"partial_channels is {parts}, but 16 channels do not"):
        DARTSNet(partial_channels=parts)


@pytest.mark.parametrize("edge_normalization", [False, True])
def test_a_search_whose_candidates_are_pruned_still_names_a_genotype(edge_normalization):
    space = Supernet(small(edge_normalization=edge_normalization)).space
    search = DARTS(space, seed=1)
    for count in (4, 2, 1):
        search.prune(count)
        assert_genotype(space, search.incumbents()["best"])
        (weights,) = search.draw(0)
        assert all(int((vector > 0).sum()) <= count for vector in weights.values())
