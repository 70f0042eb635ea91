"""Names as the once-for-all project's networks have them, with and without their wrappers."""

import pytest
import torch

from tangle.spaces import MobileNetV3
from tangle.spaces.once_for_all_names import from_once_for_all


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("first_conv.conv.weight", "stem.0.weight"),
        ("first_conv.bn.running_mean", "stem.1.running_mean"),
        ("blocks.0.conv.depth_conv.conv.weight", "first.depthwise.0.weight"),
        ("blocks.0.mobile_inverted_conv.point_linear.bn.bias", "first.project.1.bias"),
        ("blocks.1.conv.inverted_bottleneck.conv.conv.weight", "stages.0.0.widen.0.weight"),
        ("blocks.4.conv.inverted_bottleneck.bn.bn.weight", "stages.0.3.widen.1.weight"),
        ("blocks.5.mobile_inverted_conv.depth_conv.conv.conv.weight",
         "stages.1.0.depthwise.0.weight"),
        ("blocks.6.conv.depth_conv.conv.7to5_matrix",
         "stages.1.1.depthwise.0.transforms.matrices.0"),
        ("blocks.6.conv.depth_conv.conv.5to3_matrix",
         "stages.1.1.depthwise.0.transforms.matrices.1"),
        ("blocks.20.conv.depth_conv.se.fc.reduce.bias", "stages.4.3.gate.reduce.bias"),
        ("blocks.20.conv.depth_conv.se.fc.expand.weight", "stages.4.3.gate.expand.weight"),
        ("final_expand_layer.conv.weight", "expand.0.weight"),
        ("feature_mix_layer.conv.weight", "mix.0.weight"),
        ("classifier.linear.weight", "head.weight"),
        ("classifier.linear.linear.bias", "head.bias"),
        ("stages.1.blocks.0.gate.reduce.bias", "stages.1.blocks.0.gate.reduce.bias"),
    ],
)  # fmt: skip
def test_names_are_translated(there, here):
    assert from_once_for_all(there, depth=4) == here


def as_once_for_all(state, *, depth, wrapped):
    """Build names from the other side: by position in the network, not by replacing text."""
    conv, norm = ("conv.conv", "bn.bn") if wrapped else ("conv", "bn")
    parts = {"widen": "inverted_bottleneck", "depthwise": "depth_conv", "project": "point_linear"}
    ends = {"stem": "first_conv", "expand": "final_expand_layer", "mix": "feature_mix_layer"}
    found = {}
    for name, tensor in state.items():
        words = name.split(".")
        if words[0] in ends:
            there = f"{ends[words[0]]}.{'conv' if words[1] == '0' else 'bn'}.{words[2]}"
        elif words[0] == "head":
            there = f"classifier.linear.{words[1]}"
        else:
            number, rest = 0, words[1:]
            if words[0] == "stages":
                number, rest = 1 + int(words[1]) * depth + int(words[3]), words[4:]
            block = f"blocks.{number}.conv."
            if rest[0] == "gate":
                there = f"{block}depth_conv.se.fc.{rest[1]}.{rest[2]}"
            elif "transforms" in rest:
                there = f"{block}depth_conv.conv.{('7to5', '5to3')[int(rest[-1])]}_matrix"
            else:
                layer = conv if rest[1] == "0" else norm
                there = f"{block}{parts[rest[0]]}.{layer}.{rest[2]}"
        found[there] = tensor
    assert len(found) == len(state)
    return found


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_whole_network_is_loaded(tmp_path, wrapped):
    options = {"width": 0.25, "num_classes": 3}
    trained = MobileNetV3(**options)
    for tensor in trained.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    path = tmp_path / "ofa"
    names = as_once_for_all(trained.state_dict(), depth=4, wrapped=wrapped)
    torch.save({"state_dict": names}, path)
    net = MobileNetV3(**options, pretrained=str(path))
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, trained.state_dict()[name]), name
