import pytest
import torch
from torch import nn

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet, bind
from tests.nn.reference import (
    DTYPES,
    assert_roles_agree,
    assert_same,
    random_alphas,
    randomize,
    softmax,
    superposed,
)

DEPTH, EMBED, KERNEL = Choice("depth", (2, 1, 4)), Choice("embed", (3, 5)), Choice("k", (1, 3))


class Block(nn.Module):
    def __init__(self, embed=5, hidden=6):
        super().__init__()
        self.norm, self.up, self.down = (
            tnn.LayerNorm(embed),
            tnn.Linear(embed, hidden),
            tnn.Linear(hidden, embed),
        )

    def forward(self, x):
        return x + self.down(self.up(self.norm(x)).relu())


@pytest.mark.parametrize("depths", [(2, 1, 4), (0, 4), (4,), (3, 0, 1, 4, 2)])
def test_superposition_is_the_weighted_sum_of_each_depth_s_output(depths):
    depth = Choice("depth", depths)
    stack = randomize(tnn.Stack(depth, [Block() for _ in range(4)]).double())
    alphas, x = random_alphas(depth), torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    weights, total = softmax(alphas)["depth"], 0
    with bind({}):
        for weight, blocks in zip(weights, depths, strict=True):
            y = x
            for block in list(stack.blocks)[:blocks]:
                y = block(y)
            total = total + weight * y
    assert_same(superposed(stack, x, alphas), total, [x, *stack.parameters(), *alphas.values()])


def network():
    return nn.Sequential(
        tnn.Linear(3, EMBED),
        tnn.Stack(DEPTH, [Block(EMBED, EMBED * Choice(f"ratio_{i}", (1, 2))) for i in range(4)]),
        tnn.Linear(EMBED, 2),
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_hot_equals_sliced_equals_extracted(dtype):
    x = torch.randn(4, 3, dtype=torch.float64)
    assert_roles_agree(network, x, dtype, whole_state=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_stack_of_depth_zero_passes_its_input_on(dtype):
    def build():
        blocks = [
            nn.Sequential(tnn.Conv2d(2, 2, KERNEL, padding=KERNEL // 2), tnn.BatchNorm2d(2))
            for _ in range(2)
        ]
        return nn.Sequential(tnn.Stack(Choice("depth", (2, 0)), blocks), nn.Conv2d(2, 1, 1))

    assert_roles_agree(build, torch.randn(3, 2, 4, 4), dtype, whole_state=False)


def test_blocks_beyond_the_depth_do_not_run():
    ran = []

    class Recorded(nn.Module):
        def __init__(self, index):
            super().__init__()
            self.index = index

        def forward(self, x):
            ran.append(self.index)
            return x

    stack = tnn.Stack(DEPTH, [Recorded(i) for i in range(4)])
    for index, blocks in enumerate(DEPTH.candidates):
        ran.clear()
        with bind({"depth": index}):
            stack(torch.ones(1))
        assert ran == list(range(blocks))


def test_choices_of_a_block_matter_while_the_depth_reaches_it():
    space = Supernet(network()).space
    for depth, blocks in enumerate(DEPTH.candidates):
        arch = {**space.largest(), "depth": depth}
        active = {f"ratio_{i}" for i in range(blocks)}
        assert space.active(arch) == {"embed", "depth"} | active
    assert space.cardinality == 2 * (2**2 + 2**1 + 2**4)


def test_depth_of_a_number_is_a_plain_chain():
    stack = tnn.Stack(2, [nn.Linear(3, 3), nn.ReLU()])
    x = torch.randn(2, 3)
    expected = stack.blocks[0](x).relu()
    for arch in ({}, softmax(random_alphas(EMBED, dtype=torch.float32))):
        with bind(arch):
            assert torch.equal(stack(x), expected)
    assert stack.own_choices() == ()


def test_extracted_stack_is_a_sequence_of_the_blocks_that_run():
    extracted = Supernet(network()).extract(
        {"embed": 0, "depth": 0, **{f"ratio_{i}": 0 for i in range(4)}}
    )
    assert type(extracted[1]) is nn.Sequential
    assert len(extracted[1]) == 2


def test_block_that_repeats_stays_one_block():
    block = Block(EMBED)
    net = Supernet(nn.Sequential(tnn.Stack(DEPTH, [block] * 4)))
    extracted = net.extract({"depth": 2, "embed": 1})
    assert len(extracted[0]) == 4
    assert len({id(module) for module in extracted[0]}) == 1


@pytest.mark.parametrize("count", [3, 5])
def test_other_number_of_blocks_is_refused(count):
    with pytest.raises(
        ValueError, match=rf"depths \(2, 1, 4\) needs 4 blocks, but got {count}: build"
    ):
        tnn.Stack(DEPTH, [nn.Identity()] * count)


@pytest.mark.parametrize("candidates", [(2, -1), (2, 1.5)])
def test_depth_that_is_no_count_is_refused(candidates):
    with pytest.raises(
        ValueError, match=r"can't have -?1(.5)? blocks: its depths must be integers"
    ):
        tnn.Stack(Choice("depth", candidates), [nn.Identity()] * 2)


def test_depth_of_text_is_refused():
    with pytest.raises(ValueError, match=r"'depth' is a choice of text"):
        tnn.Stack(Choice("depth", ("one", "two")), [nn.Identity()] * 2)


def test_depth_of_several_choices_is_refused():
    with pytest.raises(ValueError, match=r"depth depth \* ratio, which several choices decide"):
        tnn.Stack(DEPTH * Choice("ratio", (1, 2)), [nn.Identity()] * 8)
