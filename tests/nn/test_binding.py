import threading

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint, noop_context_fn
from torch.utils.weak import TensorWeakRef

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet, bind, checkpoint_context
from tangle.nn.binding import bound
from tests.nn.reference import random_alphas, softmax

EMBED, RATIO = Choice("embed", (4, 8)), Choice("ratio", (1, 2))


def is_unbound():
    try:
        bound()
    except LookupError:
        return True
    return False


def test_layer_outside_of_a_supernet_says_what_to_call():
    with pytest.raises(
        LookupError, match=r"runs only inside supernet\(x, arch\).*Wrap the network"
    ):
        tnn.Linear(EMBED, 3)(torch.randn(2, 8))


def test_binding_ends_with_its_block():
    with bind({"embed": 1}) as scope:
        assert bound() is scope
        assert scope.indices() == {"embed": 1}
        assert not scope.is_relaxed
    assert is_unbound()


def test_binding_ends_with_an_exception():
    supernet = Supernet(tnn.Linear(EMBED, 3))
    with pytest.raises(RuntimeError, match="shape"):
        supernet(torch.randn(2, 5), {"embed": 1})
    assert is_unbound()
    with pytest.raises(ValueError, match="candidate index"):
        supernet(torch.randn(2, 8), {"embed": 7})
    assert is_unbound()


def test_inner_binding_gives_way_to_the_outer_one():
    with bind({"embed": 1}) as outer:
        with bind({"embed": torch.tensor([0.5, 0.5])}) as inner:
            assert bound() is inner
            assert inner.is_relaxed
        assert bound() is outer


def test_threads_have_bindings_of_their_own():
    supernet = Supernet(tnn.Linear(8, EMBED))
    x, shapes, barrier = torch.randn(2, 8), {}, threading.Barrier(2, timeout=10)

    class Wait(nn.Module):
        def forward(self, x):
            barrier.wait()  # both threads are now within their forward
            return x

    supernet.net = nn.Sequential(Wait(), supernet.net)

    def run(index):
        shapes[index] = supernet(x, {"embed": index}).shape

    with bind({"embed": 1}):
        unbound = []
        thread = threading.Thread(target=lambda: unbound.append(is_unbound()))
        thread.start()
        thread.join()
        assert unbound == [True]
    threads = [threading.Thread(target=run, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shapes == {0: (2, 4), 1: (2, 8)}


def test_half_relaxed_architecture_is_refused():
    with pytest.raises(
        ValueError, match=r"discrete .* or relaxed .* but it mixes both: .*'ratio': 1"
    ):
        bind({"embed": torch.tensor([0.5, 0.5]), "ratio": 1})


def test_memo_computes_once_for_each_grad_mode():
    calls = []

    def compute():
        calls.append(torch.is_grad_enabled())
        return torch.ones(1)

    with bind({"embed": torch.tensor([0.5, 0.5])}) as scope:
        with torch.no_grad():
            scope.once("key", compute)
            scope.once("key", compute)
        scope.once("key", compute)
        assert scope.once("key", compute) is scope.once("key", compute)
    assert calls == [False, True]


def test_part_without_gradient_leaves_alphas_of_the_rest_their_gradient():
    """A mask made within no_grad must not be the one that later layers use."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.frozen, self.trained = tnn.Linear(8, EMBED), tnn.Linear(EMBED, 3)

        def forward(self, x):
            with torch.no_grad():
                x = self.frozen(x)
            return self.trained(x)

    alphas = random_alphas(EMBED, dtype=torch.float32)
    Supernet(Net())(torch.randn(2, 8), softmax(alphas)).sum().backward()
    assert alphas["embed"].grad is not None


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(
            tnn.LayerNorm(EMBED),
            tnn.Linear(EMBED, EMBED * RATIO),
            nn.GELU(),
            tnn.Linear(EMBED * RATIO, EMBED),
        )

    def forward(self, x):
        return x + self.inner(x)


class Checkpointed(nn.Module):
    """Two blocks, of which the forward may be run again during backward."""

    def __init__(self, context_fn):
        super().__init__()
        self.context_fn = context_fn
        self.stem, self.blocks = tnn.Linear(5, EMBED), nn.ModuleList(Block() for _ in range(2))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            if self.context_fn is None:
                x = block(x)
            else:
                x = checkpoint(block, x, use_reentrant=False, context_fn=self.context_fn)
        return x


def gradients(context_fn, arch, alphas):
    torch.manual_seed(0)
    supernet = Supernet(Checkpointed(context_fn)).double()
    x = torch.randn(3, 5, dtype=torch.float64)
    y = supernet(x, arch).square().sum()
    inputs = [*supernet.parameters(), *alphas]
    return torch.autograd.grad(y, inputs, allow_unused=True)


@pytest.mark.parametrize("relaxed", [True, False])
def test_checkpointed_blocks_have_the_same_gradients(relaxed):
    alphas = random_alphas(EMBED, RATIO)
    arch = softmax(alphas) if relaxed else {"embed": 0, "ratio": 1}
    inputs = list(alphas.values()) if relaxed else []
    plain = gradients(None, arch, inputs)
    arch = softmax(alphas) if relaxed else arch
    again = gradients(checkpoint_context, arch, inputs)
    assert all(gradient is not None for gradient in plain)
    for one, other in zip(again, plain, strict=True):
        assert torch.equal(one, other)
    assert is_unbound()


def test_checkpointed_block_keeps_nothing_within_it():
    inside = []

    class Observed(Block):
        def forward(self, x):
            hidden = self.inner[1](self.inner[0](x))
            inside.append(TensorWeakRef(hidden))
            hidden = self.inner[2](hidden)
            inside.append(TensorWeakRef(hidden))
            return self.inner[3](hidden)

    supernet = Supernet(Checkpointed(checkpoint_context))
    supernet.net.blocks[0] = Observed()
    y = supernet(torch.randn(3, 5), softmax(random_alphas(EMBED, RATIO, dtype=torch.float32)))
    assert [reference() for reference in inside] == [None, None]
    y.sum().backward()


def test_checkpoint_without_the_context_fails_loudly():
    alphas = random_alphas(EMBED, RATIO)
    with pytest.raises(LookupError, match="No architecture is bound"):
        gradients(noop_context_fn, softmax(alphas), [])


def test_checkpoint_context_needs_a_bound_architecture():
    with pytest.raises(LookupError, match="No architecture is bound"):
        checkpoint_context()
