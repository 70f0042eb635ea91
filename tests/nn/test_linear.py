import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet
from tests.nn.reference import (
    DTYPES,
    assert_roles_agree,
    assert_superposes,
    every_version,
    pad_and_sum,
)

EMBED, RATIO = Choice("embed", (4, 6, 3)), Choice("ratio", (2, 1.5))
HIDDEN = Choice("hidden", (5, 8))

SIZES = {
    "both vary": (EMBED, HIDDEN),
    "inputs vary": (EMBED, 7),
    "outputs vary": (7, EMBED),
    "one choice on both": (EMBED, EMBED),
    "up": (EMBED, EMBED * RATIO),
    "down": (EMBED * RATIO, EMBED),
    "up, by the other factor": (RATIO * 2, EMBED * RATIO),
    "two products": (EMBED * RATIO, EMBED * HIDDEN // 2),
}


def number(size, values):
    """Return a size as plain arithmetic on the values gives it."""
    if isinstance(size, int):
        return size
    embed, ratio, hidden = (values.get(name) for name in ("embed", "ratio", "hidden"))
    return {
        EMBED: lambda: embed,
        HIDDEN: lambda: hidden,
        EMBED * RATIO: lambda: int(embed * ratio),
        RATIO * 2: lambda: int(ratio * 2),
        EMBED * HIDDEN // 2: lambda: embed * hidden // 2,
    }[size]()


def largest(size, layer):
    return max(number(size, values) for values, _ in every_version(layer.own_choices()))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", SIZES)
def test_superposition_equals_pad_and_sum(name, bias):
    columns, rows = SIZES[name]
    layer = tnn.Linear(columns, rows, bias=bias)

    def reference(layer, x, weights):
        choices = layer.own_choices()
        weight = pad_and_sum(
            layer.weight,
            weights,
            choices,
            lambda v: (slice(number(rows, v)), slice(number(columns, v))),
        )
        shift = pad_and_sum(layer.bias, weights, choices, lambda v: (slice(number(rows, v)),))
        return F.linear(x, weight, shift)

    for shape in ((3,), (2, 3), (200,)):
        x = torch.randn(*shape, largest(columns, layer))
        assert_superposes(layer, x, layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SIZES)
def test_one_hot_equals_sliced_equals_extracted(name, dtype):
    columns, rows = SIZES[name]
    x = torch.randn(5, largest(columns, tnn.Linear(columns, rows)), dtype=torch.float64)
    assert_roles_agree(
        lambda: tnn.Linear(columns, rows),
        x,
        dtype,
        narrow=lambda x, values: x[:, : number(columns, values)],
    )


def test_largest_version_starts_as_torch_s():
    torch.manual_seed(3)
    layer = tnn.Linear(EMBED, HIDDEN)
    torch.manual_seed(3)
    plain = nn.Linear(6, 8)
    assert torch.equal(layer.weight, plain.weight)
    assert torch.equal(layer.bias, plain.bias)
    assert (layer.in_features, layer.out_features) == (6, 8)


@pytest.mark.parametrize("bias", [True, False])
def test_extracted_layer_is_torch_s_of_that_size(bias):
    layer = Supernet(tnn.Linear(EMBED, HIDDEN, bias=bias)).extract({"embed": 2, "hidden": 0})
    assert type(layer) is nn.Linear
    assert (layer.in_features, layer.out_features) == (3, 5)
    assert layer.weight.shape == (5, 3)
    assert (layer.bias is not None) == bias


def test_input_of_another_width_is_refused():
    supernet = Supernet(tnn.Linear(EMBED, HIDDEN))
    with pytest.raises(RuntimeError, match="shape"):
        supernet(torch.randn(2, 6), {"embed": 0, "hidden": 0})


def test_width_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"Size width is 0 for one of its candidates"):
        tnn.Linear(3, Choice("width", (0, 4)))
