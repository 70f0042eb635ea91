"""The learning rate rises linearly and falls along a cosine."""

import math

import pytest
import torch

from tangle.modules import WarmupCosine


def _rates(steps: int, **options: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = WarmupCosine(optimizer, **options)  # type: ignore[arg-type]
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def test_it_rises_from_the_start_and_joins_the_cosine() -> None:
    rates = _rates(13, total=10, warmup=4, start=0.5, end=0.1, joined=True)
    cosine = [2 * (0.1 + 0.9 * (1 + math.cos(math.pi * step / 10)) / 2) for step in range(4, 11)]
    assert rates[:4] == pytest.approx([1.0, 1.25, 1.5, 1.75])
    assert rates[4:11] == pytest.approx(cosine)
    assert rates[11:] == pytest.approx([0.2, 0.2])


def test_a_cosine_of_its_own_begins_where_the_warm_up_ends() -> None:
    rates = _rates(10, total=8, warmup=4, start=0.2)
    assert rates[:5] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0])
    assert rates[6] == pytest.approx(1 + math.cos(math.pi / 2))
    assert rates[8:] == pytest.approx([0, 0], abs=1e-12)


def test_without_warm_up_it_is_torchs_cosine() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6, 0.2)
    expected = []
    for _ in range(6):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert _rates(6, total=6, end=0.1) == pytest.approx(expected)


def test_it_goes_on_from_its_state() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = WarmupCosine(optimizer, 10, warmup=2)
    for _ in range(5):
        optimizer.step()
        schedule.step()
    again = WarmupCosine(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0), 10)
    again.load_state_dict(schedule.state_dict())
    assert again.share(again.last_epoch) == schedule.share(5)
    assert again.warmup == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warmup": 10}, "warmup is 10 of 10 in total"),
        ({"warmup": -1}, "warmup is -1 of 10 in total"),
        ({"start": 1.5}, "start is 1.5: a share"),
        ({"end": -0.1}, "end is -0.1: a share"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _rates(1, total=10, **options)
