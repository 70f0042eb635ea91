import itertools

import pytest
import torch
from torch import nn

from tangle.core import one_hot
from tangle.nn import Supernet
from tangle.spaces import GPT


def small(**changes):
    sizes = {"embed_dim": (8, 16), "depth": (1, 2), "num_heads": (1, 2), "mlp_ratio": (2, 3)}
    return GPT(20, 8, **{**sizes, "dropout": 0.0, **changes})


def test_default_space_has_the_papers_size():
    with torch.device("meta"):
        net = GPT(50304, 224)
    assert sum(p.numel() for p in net.parameters()) == 88_362_240
    assert Supernet(net).space.cardinality == 16_120_377


def test_the_papers_best_network_has_its_parameters():
    with torch.device("meta"):
        supernet = Supernet(GPT(50304, 224))
    space = supernet.space
    found = {**space.describe(space.largest()), "mlp_ratio_3": 3}  # 7 layers, six ratios 4, one 3
    subnet = supernet.extract(space.parse(found))
    counted = sum(p.numel() for p in subnet.parameters()) - subnet.positions.weight.numel()
    assert counted == 87_010_560  # Table 8: 87.01 M, without the position table


@pytest.mark.parametrize(
    ("heads", "ratios", "parameters"),
    [((8, 12, 6, 6, 8, 8), (4, 3, 4, 4, 2, 4), 77_571_840),
     ((6, 8, 6, 6, 8, 6), (4, 3, 3, 4, 4, 4), 78_751_488)],
)  # fmt: skip
def test_the_papers_two_stage_networks_have_their_parameters(heads, ratios, parameters):
    with torch.device("meta"):
        supernet = Supernet(GPT(50304, 224))
    values = {"embed_dim": 768, "depth": 6, "num_heads_6": 6, "mlp_ratio_6": 2}
    for i in range(6):
        values |= {f"num_heads_{i}": heads[i], f"mlp_ratio_{i}": ratios[i]}
    subnet = supernet.extract(supernet.space.parse(values))
    counted = sum(p.numel() for p in subnet.parameters()) - subnet.positions.weight.numel()
    assert counted == parameters


def test_every_width_and_number_of_heads_is_exact_at_one_hot():
    torch.manual_seed(0)
    net = Supernet(small(embed_dim=(12, 24, 36), num_heads=(2, 3, 6))).double()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    tokens = torch.randint(20, (2, 8))
    for width, heads in itertools.product(range(3), range(3)):
        arch = {**net.space.largest(), "embed_dim": width, "num_heads_0": heads}
        hot = one_hot(arch, net.space, dtype=torch.float64)
        torch.testing.assert_close(net(tokens, hot), net(tokens, arch))
        torch.testing.assert_close(net.extract(arch)(tokens), net(tokens, arch))


@pytest.mark.parametrize("bias", [False, True])
def test_biases_are_everywhere_or_nowhere(bias):
    names = [name for name, _ in small(bias=bias).named_parameters()]
    layers = [name for name in names if name.endswith("weight") and "tokens" not in name
              and "positions" not in name]  # fmt: skip
    biases = [name for name in names if name.endswith("bias")]
    # The output layer, whose weight is the embedding's, has none in GPT-2 either.
    assert len(biases) == (len(layers) if bias else 0)


def test_heads_that_do_not_divide_a_width_are_refused():
    with pytest.raises(ValueError, match="the candidate 3, which does not divide every width"):
        small(num_heads=(2, 3))


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
    net = GPT(20, 8, embed_dim=(128,), depth=(8,), num_heads=(4, 2), mlp_ratio=(4,))
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
