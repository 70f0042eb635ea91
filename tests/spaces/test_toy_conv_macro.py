import pytest
import torch

from tangle.nn import Supernet
from tangle.spaces import ToyConvMacro


def test_default_space_has_the_papers_size_and_parameters():
    supernet = Supernet(ToyConvMacro())
    assert supernet.space.cardinality == 6561
    assert sum(p.numel() for p in supernet.parameters()) == 7_725_450


def test_largest_architecture_computes_what_the_specification_lists():
    net = Supernet(ToyConvMacro()).eval()
    shapes = []
    largest = net.extract(net.space.largest())
    for module in largest.features:
        module.register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape[1:])))
    assert largest(torch.randn(1, 3, 32, 32)).shape == (1, 10)
    assert shapes[0] == (32, 32, 32)
    assert (256, 8, 8) in shapes
    assert shapes[-1] == (256, 6, 6)


def test_kernel_choice_is_a_centre_crop():
    net = Supernet(ToyConvMacro())
    conv = net.net.features[0]
    crop = net.extract(net.space.smallest()).features[0].weight
    torch.testing.assert_close(crop, conv.weight[:8, :, 2:5, 2:5])


@pytest.mark.parametrize("init", ["torch", "he"])
def test_init_weights_starts_an_extracted_network_afresh(init):
    net = Supernet(ToyConvMacro(init=init))
    subnet = net.extract(net.space.smallest())
    before = subnet.features[0].weight.clone()
    subnet.init_weights()
    assert not torch.equal(subnet.features[0].weight, before)


def test_he_start_keeps_the_variance_through_relus():
    torch.manual_seed(0)
    x = torch.randn(8, 3, 32, 32)
    spread = {
        init: float(net.extract(net.space.largest()).features(x).std())
        for init in ("torch", "he")
        for net in [Supernet(ToyConvMacro(init=init, dropout=0.0))]
    }
    assert spread["he"] > 5 * spread["torch"]


def test_image_size_that_the_poolings_do_not_halve_is_refused():
    with pytest.raises(
        ValueError, match="image_size is 30, but it must be a multiple of 4 from 12"
    ):
        ToyConvMacro(image_size=30)


def test_other_than_four_candidate_lists_are_refused():
    with pytest.raises(ValueError, match="channels has 2 candidate lists"):
        ToyConvMacro(((1, 2), (3, 4)))
