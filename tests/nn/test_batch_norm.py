import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice, one_hot
from tangle.nn import Supernet, bind
from tests.nn.reference import (
    DTYPES,
    assert_roles_agree,
    assert_superposes,
    pad_and_sum,
    random_alphas,
    randomize,
    softmax,
    superposed,
)

C, R = Choice("c", (4, 6, 2)), Choice("r", (1, 1.5))
OPTIONS = [
    {},
    {"affine": False},
    {"track_running_stats": False},
    {"affine": False, "track_running_stats": False},
    {"momentum": None, "eps": 1e-3},
    {"momentum": 0.3},
]


@pytest.fixture(params=[(1, (7,)), (1, (7, 3)), (2, (3, 4, 5))], ids=["1d", "1d long", "2d"])
def shape(request):
    """Dimensions of the layer, and a shape around its channels."""
    dims, (batch, *positions) = request.param
    return dims, lambda channels: (batch, channels, *positions)


def build(dims, size=C, **options):
    return (tnn.BatchNorm1d if dims == 1 else tnn.BatchNorm2d)(size, **options)


def width(values):
    return int(values["c"] * values.get("r", 1))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", [C, C * R], ids=str)
def test_superposition_equals_pad_and_sum(shape, size, options, training):
    """Statistics are those of the input that comes; scale and shift are padded and summed."""
    dims, around = shape
    layer = build(dims, size, **options).train(training)

    def reference(layer, x, weights):
        def total(tensor):
            return pad_and_sum(tensor, weights, layer.own_choices(), lambda v: (slice(width(v)),))

        others = [dim for dim in range(x.dim()) if dim != 1]
        if training or not layer.track_running_stats:
            mean, variance = x.mean(others), x.var(others, correction=0)
        else:
            mean, variance = layer.running_mean, layer.running_var
        column = (slice(None), *[None] * (x.dim() - 2))
        y = (x - mean[column]) / (variance[column] + layer.eps).sqrt()
        if not layer.affine:
            return y * total(torch.ones_like(mean))[column]
        return y * total(layer.weight)[column] + total(layer.bias)[column]

    assert_superposes(layer, torch.randn(around(size.max)), layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", [C, C * R], ids=str)
def test_one_hot_equals_sliced_equals_extracted(shape, size, options, dtype):
    """With running statistics: the channels that are absent keep theirs."""
    dims, around = shape
    assert_roles_agree(
        lambda: build(dims, size, **options),
        torch.randn(around(size.max), dtype=torch.float64),
        dtype,
        narrow=lambda x, values: x[:, : width(values)],
        count=5,
    )


def test_channels_without_mass_keep_their_running_statistics(shape):
    dims, around = shape
    layer = randomize(build(dims))
    before = copy.deepcopy(layer.state_dict())
    with bind({"c": torch.tensor([0.4, 0.0, 0.6])}):  # no mass on the width of six
        layer(torch.randn(around(6)))
    for name in ("running_mean", "running_var"):
        after = layer.state_dict()[name]
        assert torch.equal(after[4:], before[name][4:])
        assert not (after[:4] == before[name][:4]).any()
    assert layer.num_batches_tracked == before["num_batches_tracked"] + 1


def test_channels_with_mass_have_the_running_statistics_of_torch_s_layer(shape):
    dims, around = shape
    layer = randomize(build(dims))
    plain = (nn.BatchNorm1d if dims == 1 else nn.BatchNorm2d)(6)
    plain.load_state_dict(layer.state_dict())
    for _ in range(3):
        x = torch.randn(around(6))
        superposed(layer, x, random_alphas(C, dtype=torch.float32))
        plain(x)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        torch.testing.assert_close(layer.state_dict()[name], plain.state_dict()[name])


def test_evaluation_moves_no_statistics(shape):
    dims, around = shape
    layer = randomize(build(dims)).eval()
    before = copy.deepcopy(layer.state_dict())
    superposed(layer, torch.randn(around(6)), random_alphas(C, dtype=torch.float32))
    with bind({"c": 0}):
        layer(torch.randn(around(4)))
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])


def test_layer_of_fixed_width_is_torch_s(shape):
    dims, around = shape
    layer, x = randomize(build(dims, 6)), torch.randn(around(6))
    for arch in ({"c": 0}, softmax(random_alphas(C, dtype=torch.float32))):
        plain = copy.deepcopy(layer)
        with bind(arch):
            y = layer(x)
        expected = F.batch_norm(
            x, plain.running_mean, plain.running_var, plain.weight, plain.bias, training=True
        )
        assert torch.equal(y, expected)
        assert torch.equal(layer.running_mean, plain.running_mean)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_extracted_layer_is_torch_s_of_that_size(shape, options):
    dims, _ = shape
    layer = Supernet(build(dims, **options)).extract({"c": 0})
    plain = (nn.BatchNorm1d if dims == 1 else nn.BatchNorm2d)(4, **options)
    assert type(layer) is type(plain)
    assert repr(layer) == repr(plain)
    assert layer.state_dict().keys() == plain.state_dict().keys()
    for name, value in plain.state_dict().items():
        assert layer.state_dict()[name].shape == value.shape


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_half_precision_input_under_autocast(shape, options, training):
    dims, around = shape
    layer = build(dims, **options).train(training)
    x, alphas = torch.randn(around(6)), random_alphas(C, dtype=torch.float32)
    twin = copy.deepcopy(layer)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = superposed(layer, x.bfloat16(), alphas)
    expected = superposed(twin, x.bfloat16().float(), alphas)
    torch.testing.assert_close(y.float(), expected, rtol=2**-6, atol=2**-6)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_half_precision_network_runs_superposed(shape, options):
    dims, around = shape
    layer = build(dims, **options).bfloat16()
    for dtype in (torch.bfloat16, torch.float32):
        alphas = random_alphas(C, dtype=dtype)
        assert superposed(layer, torch.randn(around(6)).bfloat16(), alphas).dtype == torch.bfloat16


def test_input_of_another_rank_is_refused():
    layer = Supernet(tnn.BatchNorm2d(C))
    with pytest.raises(ValueError, match="expected 4D input"):
        layer(torch.randn(2, 6, 3), one_hot({"c": 1}, layer.space))


def test_width_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"Size width is 0"):
        tnn.BatchNorm2d(Choice("width", (0, 4)))
