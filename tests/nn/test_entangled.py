import copy
import pickle

import pytest
import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice, as_size
from tangle.nn import Supernet, bind
from tangle.nn.axis import Axis, Keep
from tangle.nn.entangled import Entangled
from tests.nn.reference import (
    assert_same,
    centre,
    every_version,
    pad_and_sum,
    random_alphas,
    softmax,
)

A, B, C = Choice("a", (3, 5, 2)), Choice("b", (2, 1)), Choice("c", (1, 2, 3))
KERNEL = Choice("kernel", (3, 5))


class Weight(Entangled):
    """A layer of one tensor with any axes."""

    def __init__(self, *axes):
        super().__init__()
        self.weight = nn.Parameter(torch.randn([axis.size.max for axis in axes]))
        self.entangle(weight=axes)

    def forward(self):
        return self.read("weight")

    def plain(self, arch):
        return nn.ParameterDict()


def axes(*sizes):
    return [size if isinstance(size, Axis) else Axis(as_size(size)) for size in sizes]


SHAPES = {
    "one": axes(A),
    "fixed": axes(4, A),
    "disjoint": axes(A, C),
    "shared": axes(A, A),
    "shared across a fixed one": axes(A, 3, A),
    "product against its factor": axes(A * B, A),
    "product against the other factor": axes(B, A * B),
    "three coupled": axes(A * B, A, B * C),
    "chain of couplings": axes(A, A * B, B * C, C),
    "two couplings": axes(A, C * B, A, B),
    "coupled and kernels": axes(A * B, A, Axis(KERNEL, Keep.CENTRE), Axis(KERNEL, Keep.CENTRE)),
    "kernel coupled to a width": axes(KERNEL, Axis(KERNEL, Keep.CENTRE), A),
    "fraction": axes(A * 0.5, A),
    "quotient": axes(A * A // 2, A // 2),
    "rounded": axes((A * B).round_to(4), B),
}


def slices(axis_list, arch):
    return tuple(
        (centre if axis.keep is Keep.CENTRE else lambda n, _: slice(n))(
            axis.size.at(arch), axis.size.max
        )
        for axis in axis_list
    )


@pytest.mark.parametrize("name", SHAPES)
def test_superposition_equals_pad_and_sum(name):
    layer = Weight(*SHAPES[name]).double()
    choices = layer.own_choices()
    alphas = random_alphas(*choices)

    def keep(values):
        arch = {choice.name: choice.candidates.index(values[choice.name]) for choice in choices}
        return slices(SHAPES[name], arch)

    expected = pad_and_sum(layer.weight, softmax(alphas), choices, keep)
    with bind(softmax(alphas)):
        actual = layer()
    assert_same(actual, expected, [layer.weight, *alphas.values()])


@pytest.mark.parametrize("name", SHAPES)
def test_slice_at_an_architecture_is_superposition_at_its_vertex(name):
    layer = Weight(*SHAPES[name])
    for _, arch in every_version(layer.own_choices()):
        with bind(arch):
            part = layer()
        hot = {
            choice.name: torch.eye(len(choice.candidates))[arch[choice.name]]
            for choice in layer.own_choices()
        }
        with bind(hot):
            whole = layer()
        assert torch.equal(whole[slices(SHAPES[name], arch)], part)
        assert int((whole != 0).sum()) == part.numel()


def test_only_dimensions_that_share_choices_are_coupled():
    def coupled(name):
        return [factor.dims for factor in Weight(*SHAPES[name]).factors("weight")]

    assert coupled("disjoint") == [(0,), (1,)]
    assert coupled("fixed") == [(1,)]
    assert coupled("shared across a fixed one") == [(0, 2)]
    assert coupled("chain of couplings") == [(0, 1, 2, 3)]
    assert sorted(coupled("two couplings")) == [(0, 2), (1, 3)]
    assert coupled("coupled and kernels") == [(0, 1), (2, 3)]


def test_slice_is_a_view_so_that_training_it_trains_the_supernet():
    layer = Weight(*axes(A, C))
    with bind({"a": 0, "c": 1}):
        part = layer()
    assert part.data_ptr() == layer.weight.data_ptr()
    part.sum().backward()
    expected = torch.zeros(5, 3)
    expected[:3, :2] = 1
    assert torch.equal(layer.weight.grad, expected)


def test_whole_tensor_is_not_sliced():
    layer = Weight(*axes(A, C))
    with bind({"a": 1, "c": 2}):
        assert layer() is layer.weight


def test_absent_tensor_reads_as_none():
    layer = tnn.Linear(A, C, bias=False)
    with bind({"a": 0, "c": 0}):
        assert layer.read("bias") is None


def test_layers_of_equal_axes_share_one_mask_within_a_forward():
    first, second, other = Weight(*axes(A * B, A)), Weight(*axes(A * B, A)), Weight(*axes(A, A * B))
    alphas = softmax(random_alphas(A, B))
    factors = [layer.factors("weight")[0] for layer in (first, second, other)]
    with bind(alphas):
        mask = first.mask(factors[0])
        assert second.mask(factors[1]) is mask
        assert other.mask(factors[2]) is not mask
    with bind(alphas):
        assert first.mask(factors[0]) is not mask


def test_masks_stay_precise_under_autocast():
    layer, alphas = Weight(*axes(A * B, A)), random_alphas(A, B, dtype=torch.float32)
    with bind(softmax(alphas)), torch.autocast("cpu", dtype=torch.bfloat16):
        mask, whole = layer.mask(layer.factors("weight")[0]), layer()
    with bind(softmax(alphas)):
        assert torch.equal(mask, layer.mask(layer.factors("weight")[0]))
        assert torch.equal(whole, layer())
    assert mask.dtype == whole.dtype == torch.float32


def test_linear_layers_under_autocast_are_as_precise_as_plain_ones():
    torch.manual_seed(0)
    choices = Choice("a", (32, 48, 64)), Choice("b", (16, 64))
    layer = tnn.Linear(*choices)
    x, alphas = torch.randn(64, 64), softmax(random_alphas(*choices, dtype=torch.float32))
    with bind(alphas):
        exact = layer(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = layer(x)
    assert rough.dtype == torch.bfloat16
    error = (rough.float() - exact).std() / exact.std()
    assert error < 2**-7  # a few roundings to eight bits


def test_state_holds_weights_alone():
    layer = tnn.Linear(A, C)
    assert set(layer.state_dict()) == {"weight", "bias"}
    plain = nn.Linear(5, 3)
    layer.load_state_dict(plain.state_dict())
    assert torch.equal(layer.weight, plain.weight)


def test_copies_and_pickles_compute_the_same():
    supernet = Supernet(nn.Sequential(tnn.Linear(A, A * B), tnn.Linear(A * B, 3)))
    x, alphas = torch.randn(2, 5), softmax(random_alphas(A, B, dtype=torch.float32))
    y = supernet(x, alphas)
    assert torch.equal(copy.deepcopy(supernet)(x, alphas), y)
    detached = {name: weights.detach() for name, weights in alphas.items()}
    assert torch.equal(pickle.loads(pickle.dumps(supernet))(x, detached), y)


def test_copy_shares_nothing():
    layer = tnn.Linear(A, C)
    other = copy.deepcopy(layer)
    with torch.no_grad():
        other.weight.zero_()
    assert layer.weight.abs().sum() > 0


def test_moves_to_another_precision_and_device_whole():
    layer = tnn.Linear(A, C)
    with bind(softmax(random_alphas(A, C))):
        assert layer.double()(torch.randn(2, 5, dtype=torch.float64)).dtype == torch.float64
    layer.to("meta")
    assert all(tensor.is_meta for tensor in (*layer.parameters(), *layer.buffers()))
    alphas = {name: weights.to("meta") for name, weights in softmax(random_alphas(A, C)).items()}
    with bind(alphas):
        assert layer(torch.randn(2, 5, dtype=torch.float64, device="meta")).shape == (2, 3)


def test_layer_without_choices_is_torch_s():
    layer = tnn.Linear(4, 3)
    x = torch.randn(2, 4)
    for arch in ({"a": 0}, softmax(random_alphas(A))):
        with bind(arch):
            assert torch.equal(layer(x), nn.functional.linear(x, layer.weight, layer.bias))
    assert layer.own_choices() == ()


def test_extracted_tensors_keep_whether_they_are_trained():
    layer = tnn.Linear(A, C)
    layer.weight.requires_grad_(False)
    extracted = Supernet(layer).extract({"a": 0, "c": 0})
    assert not extracted.weight.requires_grad
    assert extracted.bias.requires_grad
    assert extracted.weight.shape == (1, 3)
