import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tangle.metrics import count_macs, count_parameters
from tangle.nn import KernelTransforms, Supernet
from tangle.spaces import MobileNetV3


def small(**changes):
    return MobileNetV3(**{"width": 0.25, "depth": (1, 2), "num_classes": 5, **changes})


def on_meta(**options):
    with torch.device("meta"):
        return Supernet(MobileNetV3(**options))


def test_default_space_has_the_papers_size():
    net = on_meta()
    assert net.space.cardinality == (9**2 + 9**3 + 9**4) ** 5 == 21_758_655_492_572_485_851
    assert count_parameters(net) == 7_664_760 + 20 * (25**2 + 9**2)


@pytest.mark.parametrize(
    ("name", "parameters", "millions"),
    [("largest", 7_664_760, 566.17), ("smallest", 3_410_792, 121.28)],
)
def test_extremes_cost_what_the_papers_table_7_says(name, parameters, millions):
    net = on_meta()
    subnet = net.extract(getattr(net.space, name)())
    assert count_parameters(subnet) == parameters
    macs = count_macs(subnet, torch.empty(1, 3, 224, 224, device="meta"))
    assert round(macs / 1e6, 2) == millions


def test_a_wider_network_has_channels_in_multiples_of_eight():
    """Once-for-all networks of width 1.2: 16 x 1.2 is 24, since 16 loses more than 10 %."""
    net = on_meta(width=1.2)
    widths = [net.net.stem[0].out_channels]
    widths += [stage.blocks[0].project[0].out_channels for stage in net.net.stages]
    assert widths == [24, 32, 48, 96, 136, 192]
    assert (net.net.expand[0].out_channels, net.net.head.in_features) == (1152, 1536)


def test_any_image_size_will_do_and_every_batch_may_have_another():
    net = Supernet(small()).eval()
    arch = net.space.largest()
    for size in (17, 32, 64):
        assert net(torch.randn(1, 3, size, size), arch).shape == (1, 5)


def test_a_fresh_start_gives_an_extracted_network_weights_of_its_size():
    net = Supernet(small())
    subnet = net.extract(net.space.smallest())
    before = subnet.stages[0][0].widen[0].weight.clone()
    subnet.init_weights()
    weight = subnet.stages[0][0].widen[0].weight
    assert not torch.equal(weight, before)
    assert float(weight.detach().std()) == pytest.approx((2 / weight.shape[0]) ** 0.5, rel=0.2)


def test_a_fresh_start_makes_kernel_transforms_identities():
    net = small()
    transforms = [m for m in net.modules() if isinstance(m, KernelTransforms) and len(m.matrices)]
    assert len(transforms) == 10
    for module in transforms:
        nn.init.normal_(module.matrices[0])
    net.init_weights()
    assert all(torch.equal(m.matrices[0], torch.eye(25)) for m in transforms)


def test_weights_of_the_largest_network_are_loaded(tmp_path):
    trained = Supernet(small())
    for name, buffer in trained.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 2)
    subnet = trained.extract(trained.space.largest()).eval()
    save_file(subnet.state_dict(), tmp_path / "largest.safetensors")
    net = Supernet(small(pretrained=str(tmp_path / "largest.safetensors"))).eval()
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(net(x, net.space.largest()), subnet(x))


def test_a_new_head_is_for_other_classes(tmp_path):
    trained = small()
    path = tmp_path / "weights.pt"
    torch.save({"state_dict": trained.state_dict()}, path)
    with pytest.raises(ValueError, match=r"head.weight of the shape \[5, 320\].*set new_head"):
        small(pretrained=str(path), num_classes=3)
    net = small(pretrained=str(path), num_classes=3, new_head=True)
    assert net.head.out_features == 3
    assert torch.equal(net.stem[0].weight, trained.stem[0].weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_sizes": (3, 4)}, r"kernel_sizes is \(3, 4\): give odd sizes"),
        ({"kernel_sizes": ()}, r"kernel_sizes is \(\): give odd sizes"),
        ({"expansion": (0, 3)}, r"expansion is \(0, 3\): give ratios above 0"),
        ({"depth": (0, 2)}, r"depth is \(0, 2\): give numbers of blocks from 1 on"),
        ({"width": 0}, "width is 0: .* it must be above 0"),
        ({"width": -1.0}, "width is -1.0: .* it must be above 0"),
        ({"width": float("nan")}, "width is nan: .* it must be above 0"),
        ({"new_head": True}, "new_head is true, but pretrained is not given"),
        ({"in_channels": 0}, "in_channels is 0"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)
