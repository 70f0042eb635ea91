import pytest
import torch
from torch import nn

from tangle.nn import Supernet
from tangle.spaces import AutoFormer


def small(**changes):
    sizes = {"embed_dim": (8, 12), "depth": (1, 3), "num_heads": (1, 2), "mlp_ratio": (1.5, 2)}
    options = {"image_size": 12, "patch_size": 4, "num_classes": 5, "head_dim": 4}
    return AutoFormer(**{**sizes, **options, **changes})


@pytest.mark.parametrize(
    ("size", "classes", "parameters", "cardinality"),
    [
        ("T", 10, 10_278_682, 1_056_964_608),
        ("S", 1000, 34_790_440, 3 * (9**12 + 9**13 + 9**14)),
        ("B", 1000, 76_882_264, 3 * (6**14 + 6**15 + 6**16)),
    ],
)
def test_sizes_have_the_papers_architectures_and_parameters(size, classes, parameters, cardinality):
    with torch.device("meta"):
        supernet = Supernet(AutoFormer(size, num_classes=classes))
    assert sum(p.numel() for p in supernet.parameters()) == parameters
    assert supernet.space.cardinality == cardinality


def test_parameters_of_any_architecture_follow_the_closed_form():
    with torch.device("meta"):
        supernet = Supernet(AutoFormer(num_classes=10))
    space = supernet.space
    arch = space.parse({
        **space.describe(space.largest()), "embed_dim": 216, "depth": 12,
        **{f"num_heads_{i}": 3 + i % 2 for i in range(12)},
        **{f"mlp_ratio_{i}": (3.5, 4)[i % 3 == 0] for i in range(12)},
        **{f"{name}_{i}": first for i in (12, 13) for name, first in (("num_heads", 3),
                                                                      ("mlp_ratio", 3.5))},
    })  # fmt: skip
    e, count = 216, 768 * 216 + 216 + 198 * 216 + 2 * 216 + 216 * 10 + 10
    for i in range(12):
        h, f = 3 + i % 2, int(e * (3.5, 4)[i % 3 == 0])
        count += 192 * h * e + 192 * h + 64 * h * e + e + 4 * e + 2 * e * f + f + e + 7680
    assert sum(p.numel() for p in supernet.extract(arch).parameters()) == count


def test_images_of_32_pixels_have_small_patches():
    net = AutoFormer(image_size=32, patch_size=4, depth=(1, 2))
    assert net.positions.weight.shape == (65, 240)


def test_the_class_token_can_be_what_is_classified():
    x = torch.randn(2, 3, 12, 12)
    for pool in ("mean", "class_token"):
        net = Supernet(small(pool=pool)).eval()
        subnet = net.extract(net.space.largest())
        seen = []
        subnet.norm.register_forward_hook(lambda m, i, o, seen=seen: seen.append(o))
        logits, (tokens,) = subnet(x), seen
        features = tokens[:, 0] if pool == "class_token" else tokens[:, 1:].mean(1)
        torch.testing.assert_close(logits, subnet.head(features))


def test_drop_path_grows_linearly_over_the_blocks():
    net = small(depth=(2, 5), drop_path=0.2)
    rates = [block.drop_path.dropout.p for block in net.blocks.blocks]
    assert rates == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2])


def test_drop_path_and_superposition_go_together():
    net = Supernet(small(drop_path=0.5))
    weights = {n: torch.full((len(c.candidates),), 1 / len(c.candidates))
               for n, c in net.space.items()}  # fmt: skip
    x = torch.randn(2, 3, 12, 12)
    assert not torch.equal(net(x, weights), net(x, weights))


def test_init_weights_starts_an_extracted_network_afresh():
    net = Supernet(small())
    subnet = net.extract(net.space.smallest())
    for parameter in subnet.parameters():
        nn.init.constant_(parameter, 7.0)
    subnet.init_weights()
    assert all((parameter != 7.0).all() for parameter in subnet.parameters())
    assert torch.equal(subnet.norm.weight, torch.ones(8))
    assert torch.equal(subnet.head.bias, torch.zeros(5))


def test_weights_start_with_the_papers_spread():
    net = AutoFormer(depth=(1, 2), image_size=32, patch_size=4)
    for table in (net.blocks.blocks[0].mlp.widen.weight, net.positions.weight,
                  net.blocks.blocks[0].attention.core.key_position.vertical.weight):  # fmt: skip
        assert float(table.detach().std()) == pytest.approx(0.02, rel=0.1)


def test_an_image_that_patches_do_not_tile_is_refused():
    with pytest.raises(ValueError, match="image_size is 30, but it must be a positive multiple of "
                       "patch_size, which is 16"):  # fmt: skip
        AutoFormer(image_size=30)


def test_an_unknown_size_is_refused():
    with pytest.raises(ValueError, match="size is 'XL': AutoFormer has the sizes T, S, B"):
        AutoFormer("XL")


def test_an_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="pool is 'max': it must be mean or class_token"):
        AutoFormer(pool="max")


def test_images_of_another_size_are_refused():
    net = Supernet(small())
    with pytest.raises(ValueError, match="The images are 16 x 12 pixels, but image_size is 12"):
        net(torch.randn(1, 3, 16, 12), net.space.largest())
