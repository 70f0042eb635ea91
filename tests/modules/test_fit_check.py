"""Data that a network does not take are refused before anything is trained."""

import pytest
import torch
from torch import nn

from tangle.modules import Classification
from tangle.modules.fit_check import check_fits

NET = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
CLASSES = torch.tensor([0, 2])


def test_what_fits_passes_and_changes_nothing():
    net = NET.train()
    net[1].eval()
    before = net[1].running_mean.clone()
    check_fits(net, Classification(3), (torch.randn(2, 1, 4, 4), CLASSES))
    assert torch.equal(net[1].running_mean, before)
    assert [part.training for part in net] == [True, False, True, True]


@pytest.mark.parametrize(
    ("shape", "target", "message"),
    [
        ((2, 3, 4, 4), CLASSES, r"shape \[2, 3, 4, 4\]: .*to have 1 channels, but got 3 channels"),
        ((2, 1, 8, 8), CLASSES, r"shape \[2, 1, 8, 8\]: .*shapes cannot be multiplied"),
        ((2, 1, 4, 4), torch.tensor([0, 9]), "Target 9 is out of bounds"),
    ],
)
def test_what_does_not_is_refused_with_a_remedy(shape, target, message):
    with pytest.raises(ValueError, match=message) as refusal:
        check_fits(NET, Classification(3), (torch.randn(shape), target))
    assert "Build net for the channels and sizes of the data" in str(refusal.value)
