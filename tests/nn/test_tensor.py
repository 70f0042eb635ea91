import pytest
import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet
from tests.nn.reference import DTYPES, assert_roles_agree, assert_superposes, pad_and_sum

EMBED, RATIO, TOKENS = Choice("embed", (4, 6, 3)), Choice("ratio", (2, 1)), Choice("tokens", (2, 3))


class Positions(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.table = tnn.Tensor(*shape)

    def forward(self, x):
        return self.table.value * x

    def own_choices(self):
        return self.table.own_choices()


SHAPES = {
    "vector": ((EMBED,), lambda v: (slice(v["embed"]),)),
    "token": ((1, 1, EMBED), lambda v: (slice(None), slice(None), slice(v["embed"]))),
    "table": ((TOKENS, EMBED), lambda v: (slice(v["tokens"]), slice(v["embed"]))),
    "coupled": (
        (EMBED * RATIO, EMBED),
        lambda v: (slice(v["embed"] * v["ratio"]), slice(v["embed"])),
    ),
    "fixed": ((2, 3), lambda v: (slice(None), slice(None))),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_superposition_equals_pad_and_sum(name):
    shape, keep = SHAPES[name]

    def reference(net, x, weights):
        return x * pad_and_sum(net.table.weight, weights, net.own_choices(), keep)

    net = Positions(*shape)
    assert_superposes(net, torch.randn(net.table.weight.shape), net.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["vector", "token", "table", "coupled"])
def test_one_hot_equals_sliced_equals_extracted(name, dtype):
    shape, _ = SHAPES[name]
    assert_roles_agree(lambda: Positions(*shape), torch.tensor(2.0, dtype=torch.float64), dtype)


def test_value_starts_normal_with_the_given_deviation():
    assert tnn.Tensor(100, 200).weight.detach().std() == pytest.approx(0.02, rel=0.05)
    assert tnn.Tensor(100, 200, std=3).weight.detach().std() == pytest.approx(3, rel=0.05)
    assert tnn.Tensor(5, std=0).weight.abs().max() == 0


def test_extracted_value_is_a_parameter_of_torch_s_own_container():
    net = Supernet(Positions(TOKENS, EMBED)).extract({"tokens": 0, "embed": 2})
    assert type(net.table) is nn.ParameterDict
    assert isinstance(net.table.value, nn.Parameter)
    assert net.table.value.shape == (2, 3)
    assert dict(net.named_parameters()).keys() == {"table.value"}


def test_size_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"Size width is 0"):
        tnn.Tensor(1, Choice("width", (0, 4)))
