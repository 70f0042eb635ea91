import pytest
import torch
from torch import nn

from tangle.spaces.blocks.auxiliary_head import auxiliary_head


@pytest.mark.parametrize(("images", "side", "norms"), [("cifar", 8, 2), ("imagenet", 7, 1)])
def test_head_fits_the_feature_maps_of_its_images(images, side, norms):
    head = auxiliary_head(6, 5, images=images)
    assert head(torch.randn(2, 6, side, side)).shape == (2, 5)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in head) == norms
