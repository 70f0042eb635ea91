"""Times are of forwards in evaluation mode, after a warm-up, in milliseconds."""

import time

import pytest
import torch
from torch import nn

from tangle.metrics import measure_latency
from tangle.metrics.latency import evaluating, times


class Sleep(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = []
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        self.calls.append((self.training, torch.is_grad_enabled()))
        time.sleep(0.05 if len(self.calls) <= 2 else 0.004)
        return x


def test_the_median_of_the_runs_after_the_warmup_is_told():
    net = Sleep().train()
    latency = measure_latency(net, torch.ones(3, 1), warmup=2, runs=5)
    assert 4 <= latency.low <= latency.median < 20  # without the slow first two
    assert latency.median <= latency.high
    assert (latency.batch_size, latency.runs, latency.device) == (3, 5, "cpu")
    assert net.calls == [(False, False)] * 7
    assert net.training


def test_each_run_is_timed():
    waits = iter([0.0, 0.002, 0.006])
    found = times(lambda: time.sleep(next(waits)), torch.device("cpu"), warmup=1, runs=2)
    assert found.shape == (2,)
    assert found[0] >= 2
    assert found[1] >= 6


def test_parts_keep_their_modes_even_after_an_error():
    net = nn.Sequential(nn.Dropout(), nn.ReLU()).train()
    net[1].eval()

    def fail():
        with evaluating(net):
            assert not net[0].training
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [net.training, net[0].training, net[1].training] == [True, True, False]
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("options", [{"runs": 0}, {"warmup": -1}])
def test_numbers_of_runs_are_checked(options):
    with pytest.raises(ValueError, match="they must be at least 0 and 1"):
        measure_latency(nn.ReLU(), torch.ones(1), **options)
