"""A copy without weights."""

from __future__ import annotations

import torch

from tangle.metrics.meta import weightless
from tangle.nn import Supernet
from tests.cost_nets import TokenNet


def test_a_copy_has_the_shapes_and_ties_and_no_numbers() -> None:
    supernet = Supernet(TokenNet())
    bare = weightless(supernet)
    shapes = {name: tensor.shape for name, tensor in supernet.state_dict().items()}
    assert {name: tensor.shape for name, tensor in bare.state_dict().items()} == shapes
    assert {tensor.device.type for tensor in bare.state_dict().values()} == {"meta"}
    assert bare.net.out.weight is bare.net.tokens.weight
    assert len(list(bare.parameters())) == len(list(supernet.parameters()))


def test_the_supernet_is_left_as_it_was() -> None:
    supernet = Supernet(TokenNet()).train()
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    weightless(supernet)
    assert supernet.training
    assert all(torch.equal(before[n], tensor) for n, tensor in supernet.state_dict().items())
