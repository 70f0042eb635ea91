"""The learning rate rises linearly and falls by half a cosine."""

import math

import pytest
import torch

from tangle.modules import WarmupCosine


def rates(epochs, **options):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = WarmupCosine(optimizer, **options)
    found = []
    for _ in range(epochs):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_without_warmup_it_is_torch_s_cosine():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10, eta_min=0.1)
    for rate in rates(11, total=10, min_lr=0.1):
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        reference.step()


def test_it_rises_linearly_first_and_stays_low_at_last():
    found = rates(10, total=8, warmup=4, start_lr=0.2)
    assert found[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found[6] == pytest.approx((1 + math.cos(math.pi / 2)) / 2)
    assert found[8:] == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"total": 5, "warmup": 5}, "warmup is 5: it must be from 0 to below total, 5"),
        ({"total": 5, "min_lr": -1}, "min_lr is -1"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        rates(1, **options)
