import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils import prune

from tangle import nn as tnn
from tangle.core import Choice, one_hot
from tangle.nn import Group, OneOf, Supernet, gather_space
from tests.nn.reference import random_alphas, softmax

EMBED, RATIO, DEPTH = Choice("embed", (4, 8)), Choice("ratio", (1, 2, 1.5)), Choice("depth", (1, 2))


def block():
    return nn.Sequential(
        tnn.LayerNorm(EMBED),
        tnn.Linear(EMBED, EMBED * RATIO),
        nn.GELU(),
        tnn.Linear(EMBED * RATIO, EMBED),
    )


def network():
    hidden = Choice("hidden", (2, 3))
    grown = nn.Sequential(tnn.Linear(EMBED, hidden), tnn.Linear(hidden, EMBED))
    operations = {"skip": nn.Identity(), "small": Group(grown, hidden, ("small", "large"))}
    return nn.Sequential(
        tnn.Linear(3, EMBED),
        tnn.Stack(DEPTH, [block(), block()]),
        OneOf(Choice("edge", ("skip", "small", "large")), operations),
        tnn.Linear(EMBED, 2),
    )


@pytest.fixture
def supernet():
    return Supernet(network())


def relaxation(space, dtype=torch.float32):
    return softmax(random_alphas(*space.values(), dtype=dtype))


def test_space_has_the_choices_in_the_order_of_the_network(supernet):
    assert list(supernet.space) == ["embed", "depth", "ratio", "edge"]
    assert dict(supernet.space)["ratio"] == RATIO
    assert gather_space(supernet.net).hash == supernet.space.hash


def test_network_is_the_supernet_s_only_parameter(supernet):
    assert [id(p) for p in supernet.parameters()] == [id(p) for p in supernet.net.parameters()]
    assert all(name.startswith("net.") for name in supernet.state_dict())


def test_choice_that_several_places_read_is_active_where_one_is_reached():
    width = Choice("width", (1, 2))
    wide = nn.Sequential(tnn.Linear(3, width), tnn.Linear(width, 3))
    edges = [
        OneOf(Choice(f"edge_{i}", ("skip", "wide")), {"skip": nn.Identity(), "wide": wide})
        for i in range(2)
    ]
    space = gather_space(nn.Sequential(*edges))
    for first in range(2):
        for second in range(2):
            arch = {"edge_0": first, "edge_1": second, "width": 1}
            assert ("width" in space.active(arch)) == bool(first or second)
    assert space.cardinality == 1 + 3 * 2


def test_network_without_choices_is_refused():
    with pytest.raises(
        ValueError, match=r"Sequential has no choices: build it with layers of tang"
    ):
        Supernet(nn.Sequential(nn.Linear(3, 3), tnn.Linear(3, 3)))


def test_choices_of_one_name_must_be_the_same():
    net = nn.Sequential(tnn.Linear(3, EMBED), tnn.Linear(Choice("embed", (4, 8, 16)), 2))
    with pytest.raises(ValueError, match=r"Two choices are named 'embed' .* rename one of them"):
        Supernet(net)


def test_missing_architecture_says_what_to_pass(supernet):
    with pytest.raises(ValueError, match=r"without an architecture: call supernet\(x, arch\) with"):
        supernet(torch.randn(2, 3))


def test_discrete_architecture_that_does_not_fit_is_refused(supernet):
    x, arch = torch.randn(2, 3), supernet.space.largest()
    for wrong, message in (
        ({}, r"missing 'embed', 'depth', 'ratio', 'edge'"),
        ({**arch, "width": 0}, r"unknown 'width'"),
        (
            {**arch, "ratio": 3},
            r"'ratio' has candidate index 3, but it must be an integer from 0 to 2",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            supernet(x, wrong)


def test_relaxed_architecture_that_does_not_fit_is_refused(supernet):
    x, weights = torch.randn(2, 3), relaxation(supernet.space)
    half = torch.tensor([0.5, 0.5])
    for wrong, message in (
        ({"embed": half}, r"missing 'depth', 'ratio', 'edge'"),
        ({**weights, "width": half}, r"unknown 'width'"),
        (
            {**weights, "ratio": half},
            r"'ratio' has weights of shape \(2,\), but it has 3 candidates",
        ),
        ({**weights, "ratio": torch.ones(1, 3) / 3}, r"'ratio' has weights of shape \(1, 3\)"),
        ({**weights, "depth": 2 * half}, r"weights of choice 'depth' sum to 2, but .* sum to one"),
        ({**weights, "edge": torch.zeros(3)}, r"weights of choice 'edge' sum to 0, but"),
        ({**weights, "embed": half * float("nan")}, r"weights of choice 'embed' sum to nan"),
        ({**weights, "edge": torch.tensor([0.3, -0.2, 0.0])}, r"'edge' sum to 0.1"),
        ({**weights, "depth": 1}, r"mixes both"),
    ):
        with pytest.raises(ValueError, match=message):
            supernet(x, wrong)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_rounding_of_half_precision_weights_is_accepted(dtype):
    choice = Choice("width", tuple(range(1, 41)))
    supernet = Supernet(tnn.Linear(3, choice).to(dtype))
    for seed in range(50):
        torch.manual_seed(seed)
        supernet(torch.randn(2, 3, dtype=dtype), relaxation(supernet.space, dtype))


def test_input_may_be_anything_the_network_takes():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = tnn.Linear(3, EMBED)

        def forward(self, batch):
            return {"sum": self.layer(batch["x"]).sum(), "y": batch["y"]}

    x = torch.randn(2, 3)
    output = Supernet(Pair())({"x": x, "y": 5}, {"embed": 0})
    assert output["y"] == 5


def test_parameters_can_be_replaced_by_others(supernet):
    """As second-order search does: a step that is taken on copies."""
    x, arch = torch.randn(2, 3), relaxation(supernet.space)
    doubled = {name: 2 * parameter for name, parameter in supernet.named_parameters()}
    y = functional_call(supernet, doubled, (x, arch))
    with torch.no_grad():
        for parameter in supernet.parameters():
            parameter.mul_(2)
    torch.testing.assert_close(y, supernet(x, arch))


def test_gradient_reaches_every_alpha_and_every_weight(supernet):
    alphas = random_alphas(*supernet.space.values(), dtype=torch.float32)
    supernet(torch.randn(8, 3), softmax(alphas)).square().sum().backward()
    assert all(alpha.grad.abs().min() > 0 for alpha in alphas.values())
    assert all(parameter.grad.abs().sum() > 0 for parameter in supernet.parameters())


def test_autocast_changes_a_relaxed_forward_by_rounding_only(supernet):
    x, arch = torch.randn(64, 3), relaxation(supernet.space)
    exact = supernet(x, arch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = supernet(x, arch)
    assert (rough.float() - exact).std() < 0.02 * exact.std()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_precisions_run_in_every_role(supernet, dtype):
    supernet.to(dtype)
    x, arch = torch.randn(2, 3, dtype=dtype), supernet.space.smallest()
    for weights in (dtype, torch.float32):
        for architecture in (
            relaxation(supernet.space, weights),
            one_hot(arch, supernet.space, dtype=weights),
            arch,
        ):
            assert supernet(x, architecture).dtype == dtype


def test_shapes_are_known_on_the_meta_device(supernet):
    supernet.to("meta")
    x = torch.randn(2, 3, device="meta")
    weights = {name: value.to("meta") for name, value in relaxation(supernet.space).items()}
    assert supernet(x, weights).shape == (2, 2)
    assert all(supernet(x, arch).shape == (2, 2) for arch in supernet.space.enumerate())
    assert supernet.extract(supernet.space.smallest())(x).shape == (2, 2)


@pytest.fixture
def graphs():
    """Count the graphs that compilation makes, and run each as it is."""
    torch._dynamo.reset()
    compiled = []

    def backend(graph, _):
        compiled.append(graph)
        return graph.forward

    yield compiled, backend
    torch._dynamo.reset()


def test_one_graph_serves_all_relaxed_architectures(supernet, graphs):
    compiled, backend = graphs
    fast = torch.compile(supernet, backend=backend, fullgraph=True)
    x = torch.randn(2, 3)
    for seed in range(8):
        torch.manual_seed(seed)
        arch = relaxation(supernet.space)
        torch.testing.assert_close(fast(x, arch), supernet(x, arch))
    assert len(compiled) == 1


def test_sliced_architectures_have_a_graph_each(supernet, graphs):
    compiled, backend = graphs
    fast = torch.compile(supernet, backend=backend, fullgraph=True, dynamic=False)
    x = torch.randn(2, 3)
    for arch in (supernet.space.largest(), supernet.space.smallest()):
        for _ in range(2):
            torch.testing.assert_close(fast(x, arch), supernet(x, arch))
    assert len(compiled) == 2


def test_compiled_network_has_the_same_gradients(supernet, graphs):
    _, backend = graphs
    fast = torch.compile(supernet, backend=backend, fullgraph=True)
    x, alphas = torch.randn(2, 3), random_alphas(*supernet.space.values(), dtype=torch.float32)
    inputs = [*supernet.parameters(), *alphas.values()]
    gradients = [
        torch.autograd.grad(net(x, softmax(alphas)).square().sum(), inputs)
        for net in (supernet, fast)
    ]
    for eager, compiled in zip(*gradients, strict=True):
        torch.testing.assert_close(compiled, eager)


@pytest.mark.parametrize(
    "reparametrize",
    [
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        lambda layer: prune.random_unstructured(layer, "weight", 0.5),
    ],
    ids=["weight_norm", "spectral_norm", "pruning"],
)
def test_layers_whose_tensors_are_computed_are_refused(reparametrize):
    width = Choice("width", (2, 4))
    net = nn.Sequential(reparametrize(tnn.Linear(3, width)), tnn.Linear(width, 2))
    with pytest.raises(ValueError, match=r"The weight of 0 \(.*Linear\) is computed from other"):
        Supernet(net)
    reparametrize(nn.Linear(3, 3))  # a layer of torch may have them
