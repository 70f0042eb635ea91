"""A network's source computes what the network does, and says all that it needs."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tangle.nn import Supernet
from tangle.nn.source import Source, write_source
from tangle.nn.trace import UntraceableError
from tests.space_cases import CASES
from tests.test_invariants import build, example

ARCHITECTURES = 10


def run(source: Source) -> nn.Module:
    """Return the network that a file with this source defines, with its weights."""
    assert "tangle" not in source.text
    space: dict[str, Any] = {}
    exec(compile(source.text, "model.py", "exec"), space)
    net = space["Network"]()
    net.load_state_dict(source.tensors)
    return net


def write(net: nn.Module, x: Any) -> nn.Module:
    return run(write_source(net, x))


@pytest.mark.parametrize("name", CASES)
def test_every_space_has_source_that_computes_what_the_slice_does(name):
    for seed in range(ARCHITECTURES):
        supernet = build(CASES[name], dtype=torch.float32, train=False, seed=seed)
        arch, x = supernet.space.sample(Random(seed)), example(CASES[name], supernet)
        source = write_source(supernet.extract(arch), x)
        assert source.trains
        torch.testing.assert_close(run(source).eval()(x), supernet(x, arch), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_it_holds_for_other_batches_and_in_training(name):
    supernet = build(CASES[name], dtype=torch.float32)
    net, x = supernet.extract(supernet.space.largest()), example(CASES[name], supernet)
    written = write(net, x[:1])
    for training in (False, True):
        net.train(training), written.train(training)
        torch.testing.assert_close(written(x), net(x))
    for part, buffer in net.named_buffers():
        torch.testing.assert_close(written.get_buffer(part), buffer)


@pytest.mark.parametrize("name", CASES)
def test_names_of_weights_are_the_network_s(name):
    supernet = build(CASES[name])
    net, x = supernet.extract(supernet.space.smallest()), example(CASES[name], supernet)
    written = write(net, x)
    assert written.state_dict().keys() >= net.state_dict().keys()
    assert [n for n, _ in written.named_parameters()] == [n for n, _ in net.named_parameters()]


class Forks(nn.Module):
    """Dropout by function, which in training is another call."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x, scale=None):
        x = self.linear(x)
        if self.training:
            x = x * 2
        return x if scale is None else x * scale


def test_training_and_evaluation_may_differ():
    net, x = Forks(), torch.randn(2, 3)
    source = write_source(net, x)
    assert "if self.training:" in source.text
    written = run(source)
    torch.testing.assert_close(written.train()(x), net.train()(x))
    torch.testing.assert_close(written.eval()(x), net.eval()(x))


class Odd(nn.Module):
    """What writers of source stumble over."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4)
        self.tied.weight = self.first.weight
        self.again = self.first
        self.parts = nn.ModuleDict({"in": nn.Linear(4, 6), "2": nn.Identity()})
        self.gain = nn.Parameter(torch.full((1,), 3.0))
        self.register_buffer("table", torch.arange(6), persistent=False)

    def forward(self, x):
        batch, width = x.shape
        x = self.again(F.relu(self.first(x)) + self.tied(x)).reshape(len(x), -1)
        a, b = self.parts["in"](x)[..., self.table].chunk(2, dim=-1)
        a = a + torch.ones(3) * width / 2
        a *= 2
        x = torch.stack([a, -b])[:, :, ::2].mean(0) * self.gain
        return {"x": x.clamp(max=float("inf")), "y": (x.view(batch, -1, 1), x.dtype)}


def test_odd_names_ties_buffers_constants_and_slices():
    net, x = Odd(), torch.randn(5, 4)
    source = write_source(net, x[:2])
    written = run(source)
    for batch in (x, x[:1]):
        found, expected = written.eval()(batch), net.eval()(batch)
        torch.testing.assert_close(found["x"], expected["x"])
        torch.testing.assert_close(found["y"][0], expected["y"][0])
    assert written.tied.weight is written.first.weight
    assert written.again is written.first
    assert not source.trains  # a constant of a training forward may have been a random number
    assert '"""The network, in evaluation: ' in source.text


def test_precision_stays():
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    torch.testing.assert_close(write(net, x)(x), net(x))


def test_several_precisions_have_no_source():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3).double())
    with pytest.raises(UntraceableError, match="several precisions"):
        write_source(nn.Sequential(net[0]).append(Cast(net[1])), torch.randn(1, 3))


class Cast(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.double())


def test_the_docstring_is_told():
    assert write_source(nn.Sequential(nn.ReLU()), torch.ones(1, 2), about="Mine.").text.startswith(
        '"""Mine.'
    )


def test_the_network_stays_as_it_is():
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5)).train()
    before, state = torch.get_rng_state(), {k: v.clone() for k, v in net.state_dict().items()}
    write_source(net, torch.randn(2, 3, generator=torch.Generator()))
    torch.testing.assert_close(dict(net.state_dict()), state)
    assert net.training
    assert torch.equal(torch.get_rng_state(), before)


def test_supernet_itself_has_no_source():
    supernet = Supernet(CASES["toy_conv_macro"].build())
    with pytest.raises(UntraceableError):
        write_source(supernet.net, CASES["toy_conv_macro"].example(torch.Generator()))
