import copy
import pickle
import subprocess
import sys

import pytest
import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Group, OneOf, Supernet, extract
from tangle.nn.elastic import Elastic
from tangle.nn.extract import Extraction
from tests.nn.reference import randomize

EMBED, DEPTH, KERNEL = Choice("embed", (4, 8)), Choice("depth", (1, 2)), Choice("kernel", (3, 5))
ARCH = {"embed": 0, "depth": 0, "edge": 1}


class Block(nn.Module):
    """Plain and elastic layers, a plain parameter and a plain buffer."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            tnn.LayerNorm(EMBED), tnn.Linear(EMBED, EMBED * 2), nn.GELU(), nn.Dropout(0.1)
        )
        self.down = tnn.Linear(EMBED * 2, EMBED)
        self.gain = nn.Parameter(torch.ones(1))
        self.register_buffer("offset", torch.zeros(1))

    def forward(self, x):
        return x + self.gain * self.down(self.layers(x)) + self.offset


class Model(nn.Module):
    """Every kind of elastic module, ties among them."""

    def __init__(self):
        super().__init__()
        self.table = tnn.Embedding(10, EMBED)
        self.positions = tnn.Tensor(6, EMBED)
        self.blocks = tnn.Stack(DEPTH, [Block() for _ in range(2)])
        self.edge = OneOf(
            Choice("edge", ("skip", "small", "large")),
            {
                "skip": nn.Identity(),
                "small": Group(
                    nn.Sequential(
                        tnn.Conv1d(6, 6, KERNEL, padding=KERNEL // 2), tnn.BatchNorm1d(6)
                    ),
                    KERNEL,
                    ("small", "large"),
                ),
            },
        )
        self.norm = tnn.RMSNorm(EMBED)
        self.head = tnn.Linear(EMBED, 10, bias=False)
        self.head.weight = self.table.weight

    def forward(self, x):
        x = self.table(x) + self.positions.value
        return self.head(self.norm(self.edge(self.blocks(x))))


def tokens():
    return torch.randint(10, (3, 6))


@pytest.fixture
def supernet():
    return randomize(Supernet(Model())).eval()


def test_extracted_network_computes_what_the_slice_computes(supernet):
    x = tokens()
    for arch in supernet.space.enumerate():
        torch.testing.assert_close(supernet.extract(arch)(x), supernet(x, arch))


def test_only_torch_s_own_layers_are_left(supernet):
    net = supernet.extract(ARCH)
    assert not any(isinstance(module, Elastic) for module in net.modules())
    leaves = [module for module in net.modules() if not list(module.children())]
    assert all(type(leaf).__module__.startswith("torch.nn.") for leaf in leaves)


def test_no_storage_is_shared(supernet):
    before = copy.deepcopy(supernet.state_dict())
    net = supernet.extract(ARCH).train()
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    net(tokens()).square().mean().backward()
    optimizer.step()
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())
    own = {tensor.untyped_storage().data_ptr() for tensor in supernet.state_dict().values()}
    sizes = [tensor.untyped_storage() for tensor in net.state_dict().values()]
    assert own.isdisjoint(storage.data_ptr() for storage in sizes)
    # Nor does a slice drag the whole tensor's storage along.
    assert all(
        t.untyped_storage().nbytes() == t.numel() * t.element_size()
        for t in net.state_dict().values()
    )


def test_tied_weights_stay_tied_and_others_apart(supernet):
    net = supernet.extract(ARCH)
    assert net.head.weight is net.table.weight
    names = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert len(names) - len(list(net.parameters())) == 1


def test_weight_tied_to_a_plain_layer_stays_tied():
    net = nn.ModuleList([tnn.Embedding(10, 8), nn.Linear(8, 10), tnn.Linear(8, EMBED)])
    net[1].weight = net[0].weight
    table, head, _ = extract(net, {"embed": 0})
    assert table.weight is head.weight


def test_reference_to_a_module_leads_to_its_copy():
    """A module may hold another one without owning it, in a list or a tuple."""
    net = nn.ModuleList([tnn.Linear(8, EMBED), nn.Identity()])
    net[1].reference = (net[0],)
    layer, holder = extract(net, {"embed": 0})
    assert holder.reference[0] is layer


def test_different_slices_of_one_weight_can_t_be_tied():
    """The narrower use is a copy of its own: there is no one tensor of both shapes."""
    net = nn.ModuleList([tnn.Linear(3, EMBED), tnn.Linear(3, 8)])
    net[1].weight = net[0].weight
    narrow, wide = extract(net, {"embed": 0})
    assert torch.equal(narrow.weight, wide.weight[:4])
    assert narrow.weight is not wide.weight
    same = extract(net, {"embed": 1})
    assert same[0].weight is same[1].weight


def test_module_that_is_used_twice_stays_one_module():
    layer = tnn.Linear(EMBED, EMBED)
    plain = nn.Sequential(nn.Linear(8, 8), layer)
    net = extract(nn.ModuleList([layer, plain, nn.Sequential(plain)]), {"embed": 1})
    assert net[0] is net[1][1]
    assert net[1] is net[2][0]


def shared_edges(shared):
    edges = [
        OneOf(
            Choice(f"edge_{i}", ("small", "large")),
            {"small": Group(shared, KERNEL, ("small", "large"))},
        )
        for i in range(2)
    ]
    return Supernet(nn.Sequential(*edges))


@pytest.mark.parametrize("wrapped", [True, False])
def test_module_of_two_groups_is_extracted_at_each_of_its_architectures(wrapped):
    layer = tnn.Conv2d(2, 2, KERNEL, padding=KERNEL // 2)
    shared = nn.Sequential(layer, nn.BatchNorm2d(2)) if wrapped else layer
    supernet = randomize(shared_edges(shared)).eval()
    x = torch.randn(2, 2, 6, 6)
    for arch in supernet.space.enumerate():
        net = supernet.extract(arch)
        torch.testing.assert_close(net(x), supernet(x, arch))
        layers = [edge[0] if wrapped else edge for edge in net]
        assert [layer.kernel_size for layer in layers] == [
            ((3, 3), (5, 5))[arch[f"edge_{i}"]] for i in range(2)
        ]
        assert layers[0].bias is layers[1].bias
        assert (net[0] is net[1]) == (arch["edge_0"] == arch["edge_1"])
        if wrapped:  # one norm, whose running statistics both uses move
            assert net[0][1] is net[1][1]


@pytest.mark.parametrize("training", [True, False])
def test_every_part_stays_in_its_mode(training):
    supernet = Supernet(Model()).train(training)
    supernet.net.blocks.blocks[0].layers[3].train(not training)  # a part that differs
    supernet.net.edge.parts[1][1].train(not training)
    net = supernet.extract({**ARCH, "depth": 1})
    assert net.training == training
    assert net.blocks.training == training
    assert net.blocks[0].layers[3].training == (not training)
    assert net.blocks[1].layers[3].training == training
    assert net.blocks[0].down.training == training
    assert net.edge[1].training == (not training)
    assert net.edge[0].training == training


def test_frozen_parameters_stay_frozen():
    supernet = Supernet(Model())
    supernet.net.blocks.blocks[0].requires_grad_(False)
    net = supernet.extract({**ARCH, "depth": 1})
    assert not any(parameter.requires_grad for parameter in net.blocks[0].parameters())
    assert all(parameter.requires_grad for parameter in net.blocks[1].parameters())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_precision_stays_as_it_is(dtype):
    net = Supernet(Model()).to(dtype).extract(ARCH)
    assert {parameter.dtype for parameter in net.parameters()} == {dtype}


def test_memory_format_is_torch_s_default():
    layer = tnn.Conv2d(EMBED, EMBED, 3).to(memory_format=torch.channels_last)
    assert extract(layer, {"embed": 0}).weight.is_contiguous()


def test_original_stays_as_it_was(supernet):
    before, space = copy.deepcopy(supernet.state_dict()), supernet.space.hash
    supernet.extract(ARCH)
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())
    assert Supernet(supernet.net).space.hash == space


def test_pickled_network_runs_without_tangle(tmp_path):
    net = nn.Sequential(
        tnn.Linear(3, EMBED), tnn.LayerNorm(EMBED), nn.ReLU(), tnn.Stack(DEPTH, [nn.Tanh()] * 2)
    )
    net = extract(net, {"embed": 0, "depth": 1})
    x = torch.randn(2, 3)
    (tmp_path / "net.pickle").write_bytes(pickle.dumps((net, x, net(x))))
    script = (
        "import pickle, sys, torch\n"
        "sys.modules['tangle'] = None  # any import of it fails\n"
        "net, x, y = pickle.load(open(sys.argv[1], 'rb'))\n"
        "torch.testing.assert_close(net(x), y)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "net.pickle")], check=True, cwd=tmp_path
    )


def test_network_can_be_exported(supernet):
    net, x = supernet.extract(ARCH), tokens()
    exported = torch.export.export(net, (x,)).module()
    torch.testing.assert_close(exported(x), net(x))


def test_architecture_that_does_not_fit_is_refused(supernet):
    with pytest.raises(ValueError, match=r"missing 'depth'"):
        supernet.extract({"embed": 0, "edge": 0})
    with pytest.raises(ValueError, match=r"'embed' has candidate index 2"):
        supernet.extract({**ARCH, "embed": 2})


def test_one_extraction_gives_each_of_several_architectures(supernet):
    extraction, x = Extraction(), tokens()
    for arch in [*supernet.space.enumerate(), *supernet.space.enumerate()]:
        shared, own = extraction.module(supernet.net, arch), supernet.extract(arch)
        torch.testing.assert_close(shared.state_dict(), own.state_dict(), rtol=0, atol=0)
        assert [m.training for m in shared.modules()] == [m.training for m in own.modules()]
        torch.testing.assert_close(shared(x), own(x), rtol=0, atol=0)
