import copy
import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice, one_hot
from tangle.nn import Group, OneOf, Supernet, bind
from tests.nn.reference import (
    DTYPES,
    assert_roles_agree,
    assert_same,
    centre,
    random_alphas,
    randomize,
    softmax,
    superposed,
)

OPERATIONS = ("pool", "conv5", "skip", "conv3", "conv1")
EDGE, KERNEL = Choice("edge", OPERATIONS), Choice("kernel", (3, 5))


def pool():
    return nn.AvgPool2d(3, stride=1, padding=1)


def conv(kernel=KERNEL, *, norm=True, eps=1e-5):
    layer = tnn.Conv2d(2, 2, kernel, padding=kernel // 2, bias=not norm)
    norms = [tnn.BatchNorm2d(2, affine=False, eps=eps)] if norm else []
    return nn.Sequential(nn.ReLU(), layer, *norms)


def edge(name="edge", *, group_mass="outside", **options):
    """Five operations, two of which are an entangled group, in an order of their own."""
    return OneOf(
        Choice(name, OPERATIONS),
        {
            "conv3": Group(conv(**options), KERNEL, ("conv3", "conv5")),
            "skip": nn.Identity(),
            "conv1": nn.Conv2d(2, 2, 1),
            "pool": pool(),
        },
        group_mass=group_mass,
    )


def example():
    return torch.randn(4, 2, 6, 6, dtype=torch.float64)


def convolve(layer, x, kernel):
    weight = layer.weight[:, :, centre(kernel, 5), centre(kernel, 5)]
    return F.conv2d(x.relu(), weight, layer.bias, padding=kernel // 2)


@pytest.mark.parametrize("group_mass", ["outside", "inside"])
def test_superposition_is_the_weighted_sum_of_all_operations(group_mass):
    """Without normalisation a group is linear in its weights, wherever its mass acts."""
    module = randomize(edge(norm=False, group_mass=group_mass).double())
    group, _, pointwise, _ = module.parts
    with torch.no_grad():
        group[1].bias.zero_()  # which is not superposed by the kernel, but shared by the members
    alphas, x = random_alphas(EDGE), example().requires_grad_()
    weights = dict(zip(OPERATIONS, softmax(alphas)["edge"], strict=True))
    total = (
        weights["pool"] * pool()(x)
        + weights["skip"] * x
        + weights["conv1"] * pointwise(x)
        + weights["conv3"] * convolve(group[1], x, 3)
        + weights["conv5"] * convolve(group[1], x, 5)
    )
    inputs = [x, *alphas.values(), group[1].weight, *pointwise.parameters()]
    assert_same(superposed(module, x, alphas), total, inputs)


def test_normalised_group_is_its_mass_times_the_norm_of_the_shared_out_kernel():
    module = randomize(edge().double())
    group, _, pointwise, _ = module.parts
    alphas, x = random_alphas(EDGE), example().requires_grad_()
    weights = dict(zip(OPERATIONS, softmax(alphas)["edge"], strict=True))
    mass = weights["conv3"] + weights["conv5"]
    mixture = weights["conv3"] / mass * convolve(group[1], x, 3) + weights[
        "conv5"
    ] / mass * convolve(group[1], x, 5)
    total = (
        mass * F.batch_norm(mixture, None, None, training=True)
        + weights["pool"] * pool()(x)
        + weights["skip"] * x
        + weights["conv1"] * pointwise(x)
    )
    inputs = [x, *alphas.values(), group[1].weight]
    assert_same(superposed(module, x, alphas), total, inputs, limit=1e-11)


def mass_gradient(group_mass):
    """Return the derivative of a loss as the group's mass grows, and within the group."""
    torch.manual_seed(1)
    module = randomize(edge(group_mass=group_mass, eps=1e-12).double())
    weights = torch.rand(5, dtype=torch.float64).softmax(0).requires_grad_()
    with bind({"edge": weights}):
        y = module(example())
    (gradient,) = torch.autograd.grad((y * torch.randn_like(y)).sum(), weights)
    members = [OPERATIONS.index(name) for name in ("conv3", "conv5")]
    one, other = (weights * gradient)[members]
    return float((one + other).detach().abs()), float((one - other).detach().abs())


def test_mass_outside_of_the_group_keeps_its_gradient():
    total, within = mass_gradient("outside")
    assert min(total, within) > 0.1


def test_mass_inside_of_the_group_is_divided_out_by_the_norm():
    """Spec 2.6: as in the original, only the members' ratio matters."""
    total, within = mass_gradient("inside")
    assert total < 1e-6 < 0.1 < within


@pytest.mark.parametrize("members", list(itertools.permutations(("conv3", "conv5"))))
@pytest.mark.parametrize("candidates", list(itertools.permutations(("conv3", "conv5"))))
def test_group_of_all_candidates_knows_its_members_in_any_order(candidates, members):
    kernels = tuple(int(member[-1]) for member in members)
    kernel = Choice("kernel", kernels)
    module = OneOf(Choice("edge", candidates), {"conv3": Group(conv(kernel), kernel, members)})
    net, x = Supernet(module.double()), example()
    weight = module.parts[0][1].weight
    for arch in net.space.enumerate():
        size = int(candidates[arch["edge"]][-1])
        expected = F.conv2d(
            x.relu(), weight[:, :, centre(size, 5), centre(size, 5)], padding=size // 2
        )
        expected = F.batch_norm(expected, None, None, training=True)
        for role in (arch, one_hot(arch, net.space, dtype=torch.float64)):
            torch.testing.assert_close(net(x, role), expected, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(net.extract(arch)(x), expected, rtol=1e-10, atol=1e-10)


class Cell(nn.Module):
    def __init__(self, group_mass="outside"):
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 1)
        self.edges = nn.ModuleList(edge(f"edge_{i}", group_mass=group_mass) for i in range(3))
        self.norm = nn.BatchNorm2d(2)

    def forward(self, x):
        first, second, third = self.edges
        x = self.stem(x)
        return self.norm(second(x) + third(first(x)))


@pytest.mark.parametrize("group_mass", ["outside", "inside"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_hot_equals_sliced_equals_extracted(dtype, group_mass):
    assert_roles_agree(lambda: Cell(group_mass), torch.randn(4, 1, 6, 6), dtype, whole_state=False)


@pytest.mark.parametrize("group_mass", ["outside", "inside"])
def test_absent_group_leaves_no_offset_of_its_norm_in_evaluation(group_mass):
    """Spec 2.5: in the original, a group without weight adds what its norm makes of zeros."""
    x = torch.randn(4, 2, 6, 6)
    net = randomize(Supernet(edge(group_mass=group_mass))).eval()
    y = net(x, one_hot({"edge": OPERATIONS.index("skip")}, net.space))
    torch.testing.assert_close(y, x)


@pytest.mark.parametrize("group_mass", ["outside", "inside"])
def test_group_without_mass_has_finite_gradients(group_mass):
    net = randomize(Supernet(edge(group_mass=group_mass)))
    weights = torch.tensor([0.5, 0.0, 0.5, 0.0, 0.0], requires_grad=True)
    net(torch.randn(4, 2, 6, 6), {"edge": weights}).square().sum().backward()
    assert weights.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters() if p.grad is not None)


def test_group_without_mass_learns_what_its_average_member_would_add():
    net = randomize(Supernet(edge(norm=False)).double())
    x = example()
    weights = torch.tensor([0.5, 0.0, 0.5, 0.0, 0.0], dtype=torch.float64, requires_grad=True)
    net(x, {"edge": weights}).sum().backward()
    group = net.net.parts[0][1]
    average = (convolve(group, x, 3) + convolve(group, x, 5)) / 2
    members = [OPERATIONS.index(name) for name in ("conv3", "conv5")]
    for index in members:
        torch.testing.assert_close(weights.grad[index], average.sum())


def test_inner_choice_of_a_group_may_be_a_choice_elsewhere():
    """The edge decides its own kernel; the stem's is searched."""
    stem = tnn.Conv2d(2, 2, KERNEL, padding=KERNEL // 2)
    net = Supernet(nn.Sequential(stem, edge()))
    assert net.space.cardinality == 2 * 5
    for dtype in DTYPES:
        assert_roles_agree(
            lambda: copy.deepcopy(net.net), torch.randn(4, 2, 6, 6), dtype, whole_state=False
        )


def test_operations_take_as_many_inputs_as_the_network_gives():
    class Add(nn.Module):
        def forward(self, x, y):
            return x + y

    class First(nn.Module):
        def forward(self, x, y):
            return x

    choice = Choice("edge", ("add", "first"))
    x, y = torch.randn(2, 3)
    module = OneOf(choice, {"add": Add(), "first": First()})
    with bind({"edge": 0}):
        assert torch.equal(module(x, y), x + y)
    with bind({"edge": torch.tensor([0.25, 0.75])}):
        torch.testing.assert_close(module(x, y), x + 0.25 * y)


def test_numbers_name_operations_too():
    choice = Choice("layers", (1, 2))
    module = OneOf(choice, {"1": nn.Identity(), "2": nn.Linear(3, 3)})
    x = torch.randn(2, 3)
    with bind({"layers": 0}):
        assert torch.equal(module(x), x)


def test_extracted_choice_is_the_operation_itself():
    net = Supernet(edge())
    assert type(net.extract({"edge": OPERATIONS.index("skip")})) is nn.Identity
    extracted = net.extract({"edge": OPERATIONS.index("conv3")})
    assert [type(layer) for layer in extracted] == [nn.ReLU, nn.Conv2d, nn.BatchNorm2d]
    assert extracted[1].kernel_size == (3, 3)


@pytest.mark.parametrize(
    "operations",
    [
        {"skip": nn.Identity()},
        {"skip": nn.Identity(), "pool": pool(), "conv": pool()},
        {"skip": nn.Identity(), "pol": pool()},
        {"skip": nn.Identity(), "p": Group(conv(), KERNEL, ("pool", "skip"))},
    ],
)
def test_operations_must_be_the_candidates(operations):
    with pytest.raises(
        ValueError, match=r"'edge' has the candidates .* give each candidate exactly"
    ):
        OneOf(Choice("edge", ("skip", "pool")), operations)
