import pytest
import torch
from torch import nn

from tangle.nn import Supernet
from tangle.spaces import GPT


def small(**changes):
    sizes = {"embed_dim": (8, 16), "depth": (1, 2), "num_heads": (1, 2), "mlp_ratio": (2, 3)}
    return GPT(20, 8, **sizes, **{"head_dim": 4, "dropout": 0.0, **changes})


def test_default_space_has_the_papers_size():
    with torch.device("meta"):
        net = GPT(50304, 224)
    assert sum(p.numel() for p in net.parameters()) == 88_362_240
    assert Supernet(net).space.cardinality == 16_120_377


def test_logits_do_not_depend_on_later_tokens():
    net = Supernet(small()).eval()
    tokens = torch.randint(20, (1, 8))
    changed = tokens.clone()
    changed[0, -1] = (changed[0, -1] + 1) % 20
    arch = net.space.largest()
    torch.testing.assert_close(net(tokens, arch)[0, :-1], net(changed, arch)[0, :-1])
    assert not torch.equal(net(tokens, arch)[0, -1], net(changed, arch)[0, -1])


def test_output_layer_stays_tied_to_the_embedding_when_extracted():
    net = Supernet(small())
    subnet = net.extract(net.space.smallest())
    assert subnet.head.weight is subnet.tokens.weight
    assert subnet.tokens.weight.shape == (20, 8)


def test_residual_projections_start_smaller_by_the_root_of_twice_the_depth():
    torch.manual_seed(0)
    net = GPT(20, 8, embed_dim=(128,), depth=(8,), num_heads=(4, 2), mlp_ratio=(4,), head_dim=32)
    spread = {
        name: float(module.weight.std())
        for name, module in net.named_modules()
        if isinstance(module, nn.Linear) and "blocks.0" in name
    }
    ratio = spread["blocks.blocks.0.mlp.widen"] / spread["blocks.blocks.0.mlp.proj"]
    assert ratio == pytest.approx(4.0, rel=0.05)


def test_sequence_longer_than_the_block_is_refused():
    net = Supernet(small())
    with pytest.raises(ValueError, match="9 tokens, but block_size is 8"):
        net(torch.zeros(1, 9, dtype=torch.long), net.space.largest())
