"""Stages against networks that are built as wide as the stage, with the first of the weights."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch._dynamo.utils import counters

import tangle.nn as tnn
from tangle.core import Choice, one_hot
from tangle.nn import Staged, Supernet
from tests.nn.reference import pad

WIDTHS = (4, 8, 12)
WIDTH = Choice("stage_width", WIDTHS)
KERNEL, RATIO = Choice("kernel", (1, 3)), Choice("ratio", (1, 2))


def convolutional(width):
    """A network in which a kernel size is searched, for a width or a choice of widths."""
    return nn.Sequential(
        tnn.Conv2d(3, width, 1),
        tnn.Conv2d(width, width, KERNEL, padding=KERNEL // 2, groups=width, bias=False),
        tnn.BatchNorm2d(width),
        nn.ReLU(),
        tnn.Conv2d(width, width, KERNEL, padding=KERNEL // 2),
        tnn.GroupNorm(2, width),
        tnn.Conv2d(width, 5, 1),
    )


class Columns(nn.Module):
    """The first columns of a table with a choice of widths."""

    def __init__(self, width):
        super().__init__()
        self.table = tnn.Embedding(7, width)

    def forward(self, x):
        return self.table(x.flatten(1).abs().mul(10).long() % 7)


def linear(width):
    """The same of linear layers, whose ratio is searched in both dimensions of a weight."""
    return nn.Sequential(
        Columns(width),
        tnn.LayerNorm(width),
        tnn.AttentionScale(width),
        tnn.Linear(width, 6 * RATIO),
        nn.GELU(),
        tnn.Linear(6 * RATIO, width),
        tnn.RMSNorm(width),
        tnn.Linear(width, width),
        tnn.Linear(width, 4 * RATIO),
        tnn.Linear(4 * RATIO, 3),
    )


NETWORKS = {"convolutional": convolutional, "linear": linear}


def networks(kind, stage):
    """A staged supernet in a stage, and one of the stage's width with the same first weights."""
    torch.manual_seed(0)
    staged = Supernet(Staged(NETWORKS[kind](WIDTH), WIDTH)).double()
    for tensor in staged.state_dict().values():
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.1, 1)
    narrow = Supernet(NETWORKS[kind](WIDTHS[stage])).double()
    wide = staged.net.module.state_dict()
    narrow.net.load_state_dict({
        name: wide[name][tuple(slice(extent) for extent in tensor.shape)]
        for name, tensor in narrow.net.state_dict().items()
    })  # fmt: skip
    staged.net.begin(stage)
    return staged, narrow


def relaxation(space):
    torch.manual_seed(1)
    return {
        name: torch.rand(len(choice.candidates), dtype=torch.float64).softmax(0).requires_grad_()
        for name, choice in space.items()
    }


def example():
    return torch.randn(4, 3, 6, 6, dtype=torch.float64)


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("stage", range(3))
@pytest.mark.parametrize("kind", NETWORKS)
def test_superposed_a_stage_is_the_network_of_its_width(kind, stage, train):
    staged, narrow = networks(kind, stage)
    x, results = example(), []
    before = copy.deepcopy(staged.net.module.state_dict())
    for supernet in (staged, narrow):
        arch = relaxation(supernet.space)
        y = supernet.train(train)(x, arch)
        y.square().sum().backward()
        results.append((y, {name: weights.grad for name, weights in arch.items()}))
    torch.testing.assert_close(results[0], results[1])
    wide = dict(staged.net.module.named_parameters())
    for name, parameter in narrow.net.named_parameters():
        torch.testing.assert_close(wide[name].grad, pad(parameter.grad, wide[name]))
    after = staged.net.module.state_dict()
    for name, tensor in narrow.net.state_dict().items():
        part = tuple(slice(extent) for extent in tensor.shape)
        torch.testing.assert_close(after[name][part], tensor)
        after[name][part] = before[name][part]  # and the rest is as it was
        torch.testing.assert_close(after[name], before[name])


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("stage", range(3))
@pytest.mark.parametrize("kind", NETWORKS)
def test_superposed_equals_sliced_equals_extracted_in_every_stage(kind, stage, train):
    staged, _ = networks(kind, stage)
    x, space = example(), staged.train(train).space
    for arch in space.enumerate():
        superposing, extracted = copy.deepcopy(staged), staged.extract(arch)
        hot = one_hot(arch, space, dtype=torch.float64)
        sliced = staged(x, arch)
        torch.testing.assert_close(superposing(x, hot), sliced)
        torch.testing.assert_close(extracted(x), sliced)
        assert not any(isinstance(part, tnn.Conv2d | Staged) for part in extracted.modules())


def test_the_architecture_step_of_a_stage_needs_no_gradient_of_weights():
    staged, narrow = networks("linear", 0)
    grads = []
    for supernet in (staged, narrow):
        arch = relaxation(supernet.requires_grad_(False).space)
        supernet(example(), arch).square().sum().backward()
        grads.append({name: weights.grad for name, weights in arch.items()})
    torch.testing.assert_close(*grads)


def test_the_stage_is_no_choice_of_the_space():
    staged, _ = networks("convolutional", 0)
    assert list(staged.space) == ["kernel"]


def test_as_built_it_is_in_the_last_stage():
    staged = Staged(convolutional(WIDTH), WIDTH)
    assert (staged.num_stages, staged.stage) == (3, 2)


def test_optimizers_keep_their_states_from_stage_to_stage():
    staged, _ = networks("convolutional", 0)
    optimizer = torch.optim.SGD(staged.parameters(), lr=0.1, momentum=0.9)

    def step():
        optimizer.zero_grad()
        staged(example(), {"kernel": 1}).square().mean().backward()
        optimizer.step()

    step()
    conv = staged.net.module[0]
    momentum = optimizer.state[conv.weight]["momentum_buffer"]
    assert (momentum[:4] != 0).all()
    assert (momentum[4:] == 0).all()
    staged.net.begin(2)
    step()
    assert optimizer.state[conv.weight]["momentum_buffer"] is momentum
    assert (momentum != 0).all()


def test_the_stage_is_saved_with_the_weights():
    staged, _ = networks("convolutional", 1)
    other = Staged(convolutional(WIDTH), WIDTH)
    other.load_state_dict(staged.net.state_dict())
    assert other.stage == 1


@pytest.mark.parametrize("stage", [-1, 3])
def test_a_stage_that_there_is_not_is_refused(stage):
    with pytest.raises(ValueError, match=rf"no stage {stage} of .* from 0 to 2"):
        Staged(convolutional(WIDTH), WIDTH).begin(stage)


def test_a_choice_that_no_layer_reads_is_refused():
    with pytest.raises(ValueError, match="no layer of their module reads it"):
        Staged(convolutional(8), WIDTH)


def test_a_stage_has_one_graph():
    torch._dynamo.reset()
    counters.clear()
    staged, _ = networks("convolutional", 0)
    run, x = torch.compile(staged, backend="eager", fullgraph=True), example()
    for graphs, stage in enumerate((0, 2), 1):
        staged.net.begin(stage)
        for seed in range(3):
            torch.manual_seed(seed)
            arch = {"kernel": torch.rand(2, dtype=torch.float64).softmax(0)}
            torch.testing.assert_close(run(x, arch), copy.deepcopy(staged)(x, arch))
        assert counters["stats"]["unique_graphs"] == graphs
    torch._dynamo.reset()


def test_a_size_of_a_stage_and_of_the_search_at_once_is_refused():
    supernet = Supernet(Staged(tnn.Linear(5, WIDTH * RATIO), WIDTH))
    arch = one_hot(supernet.space.largest(), supernet.space)
    with pytest.raises(ValueError, match=r"stage_width.*stage.*weight: stage_width \* ratio x 5"):
        supernet(torch.randn(2, 5), arch)
