import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet
from tests.nn.reference import DTYPES, assert_roles_agree, assert_superposes, pad_and_sum

EMBED, RATIO = Choice("embed", (4, 6, 3)), Choice("ratio", (2, 1.5))


@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
@pytest.mark.parametrize("size", [EMBED, EMBED * RATIO, 6], ids=str)
def test_superposition_equals_pad_and_sum(size, shape):
    layer = tnn.Embedding(7, size)

    def reference(layer, x, weights):
        def keep(values):
            width = {"embed": EMBED, "ratio": RATIO}.keys() & values.keys()
            embed, ratio = values.get("embed", 6), values.get("ratio", 1)
            assert len(width) == len(values)
            return slice(None), slice(int(embed * ratio))

        return F.embedding(x, pad_and_sum(layer.weight, weights, layer.own_choices(), keep))

    assert_superposes(layer, torch.randint(7, shape), layer.own_choices(), reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [EMBED, EMBED * RATIO], ids=str)
def test_one_hot_equals_sliced_equals_extracted(size, dtype):
    assert_roles_agree(lambda: tnn.Embedding(7, size), torch.randint(7, (2, 5)), dtype)


def test_extracted_layer_is_torch_s_of_that_size():
    layer = Supernet(tnn.Embedding(7, EMBED)).extract({"embed": 0})
    assert type(layer) is nn.Embedding
    assert (layer.num_embeddings, layer.embedding_dim) == (7, 4)


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = tnn.Embedding(7, EMBED)
        self.norm = tnn.LayerNorm(EMBED)
        self.head = tnn.Linear(EMBED, 7, bias=False)
        self.head.weight = self.table.weight

    def forward(self, x):
        return self.head(self.norm(self.table(x)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_table_that_is_also_the_head(dtype):
    assert_roles_agree(LanguageModel, torch.randint(7, (2, 5)), dtype)


def test_extracted_table_is_also_the_head():
    net = Supernet(LanguageModel()).extract({"embed": 2})
    assert net.head.weight is net.table.weight
    assert net.head.weight.shape == (7, 3)
    net(torch.randint(7, (2, 5))).square().sum().backward()
    assert len(list(net.parameters())) == 3
