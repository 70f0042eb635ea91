"""Times are of forwards in evaluation mode, after a warm-up, in milliseconds."""

from random import Random

import pytest
import torch
from torch import nn

from tangle.metrics import measure_latencies, measure_latency, spearman
from tangle.metrics.latency import evaluating, times
from tangle.nn import Supernet
from tangle.spaces import ToyConvMacro
from tests.clock import Clock


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("tangle.metrics.latency.time", clock)
    return clock


class Sleep(nn.Module):
    def __init__(self, clock):
        super().__init__()
        self.clock, self.calls = clock, []
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        self.calls.append((self.training, torch.is_grad_enabled()))
        self.clock.sleep(0.05 if len(self.calls) <= 2 else 0.004)
        return x


def test_the_median_of_the_runs_after_the_warmup_is_told(clock):
    net = Sleep(clock).train()
    latency = measure_latency(net, torch.ones(3, 1), warmup=2, runs=5)
    # Without the slow first two.
    assert [latency.low, latency.median, latency.high] == pytest.approx([4, 4, 4])
    assert (latency.batch_size, latency.runs, latency.device) == (3, 5, "cpu")
    assert net.calls == [(False, False)] * 7
    assert net.training


def test_each_run_is_timed_and_steps_take_turns(clock):
    order, waits = [], iter([0.0, 0.0, 0.002, 0.003, 0.006, 0.007])

    def step(name):
        order.append(name)
        clock.sleep(next(waits))

    steps = [lambda: step("a"), lambda: step("b")]
    found = times(steps, torch.device("cpu"), warmup=1, runs=2)
    assert order == ["a", "b"] * 3
    assert found.shape == (2, 2)
    torch.testing.assert_close(found, torch.tensor([[2.0, 6], [3, 7]], dtype=found.dtype))


@pytest.mark.slow
def test_two_measurements_order_architectures_alike():
    supernet, rng = Supernet(ToyConvMacro()), Random(0)
    nets = [supernet.extract(supernet.space.sample(rng)) for _ in range(20)]
    x = torch.randn(8, 3, 32, 32)
    one, other = (
        [latency.median for latency in measure_latencies(nets, x, warmup=2, runs=15)]
        for _ in range(2)
    )
    assert spearman(one, other) >= 0.9


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
