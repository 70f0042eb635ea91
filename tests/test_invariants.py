"""The invariants that define correctness, over every search space (design, section 1)."""

from __future__ import annotations

import copy
import math
import pickle
from random import Random

import pytest
import torch
from torch import Tensor, nn

from tangle.core import one_hot
from tangle.nn import Supernet
from tangle.nn.binding import bound
from tangle.nn.elastic import Elastic
from tests.space_cases import CASES

LIMITS = {torch.float64: 1e-10, torch.float32: 1e-5}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def build(case, *, dtype=torch.float64, train=True, seed=0):
    """Return a supernet with random weights, norm parameters and running statistics."""
    torch.manual_seed(seed)
    supernet = Supernet(case.build()).to(dtype)
    for module in supernet.modules():
        if "Norm" in type(module).__name__:
            for parameter in module.parameters(recurse=False):
                nn.init.uniform_(parameter, 0.5, 1.5)
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return supernet.train(train)


def example(case, supernet):
    x = case.example(torch.Generator().manual_seed(1))
    return x.to(next(supernet.parameters()).dtype) if x.is_floating_point() else x


def random_relaxation(space, *, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(len(choice.candidates), generator=generator, dtype=dtype).softmax(0)
        for name, choice in space.items()
    }


@torch.no_grad()
def relative_difference(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / other.abs().max().clamp_min(1e-12))


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("dtype", LIMITS, ids=["float64", "float32"])
def test_i1_superposed_at_one_hot_equals_sliced_equals_extracted(case, dtype, train):
    for seed in range(case.architectures):
        supernet = build(case, dtype=dtype, train=train, seed=seed)
        arch = supernet.space.sample(Random(seed))
        extracted, superposing = supernet.extract(arch), copy.deepcopy(supernet)
        x = example(case, supernet)
        sliced = supernet(x, arch)
        hot = one_hot(arch, supernet.space, dtype=dtype)
        assert relative_difference(superposing(x, hot), sliced) <= LIMITS[dtype]
        assert relative_difference(extracted(x), sliced) <= LIMITS[dtype]
        statistics = [dict(net.named_buffers()) for net in (
            extracted, supernet.extract(arch), superposing.extract(arch))]  # fmt: skip
        for name, reference in statistics[0].items():
            torch.testing.assert_close(statistics[1][name], reference)
            torch.testing.assert_close(statistics[2][name], reference)


def test_i1_gradients_of_superposed_at_one_hot_equal_those_of_sliced(case):
    for seed in range(min(5, case.architectures)):
        supernet = build(case, seed=seed)
        arch, x = supernet.space.sample(Random(seed)), example(case, supernet)
        gradients = []
        for bound_arch in (arch, one_hot(arch, supernet.space, dtype=torch.float64)):
            supernet.zero_grad()
            supernet(x, bound_arch).square().sum().backward()
            gradients.append({n: p.grad for n, p in supernet.named_parameters()})
        for name, sliced in gradients[0].items():
            superposed = gradients[1][name]
            sliced = torch.zeros_like(superposed) if sliced is None else sliced
            torch.testing.assert_close(superposed, sliced, rtol=1e-9, atol=1e-10)


def test_i2_superposed_gradient_of_architecture_agrees_with_finite_differences(case):
    supernet = build(case)
    x, weights = example(case, supernet), random_relaxation(supernet.space)
    for name, vector in weights.items():
        leaf = vector.clone().requires_grad_()

        def loss(value, name=name):
            # Moving along the simplex keeps the sum at one.
            return supernet(x, {**weights, name: value}).square().mean()

        loss(leaf).backward()
        step = torch.zeros_like(vector)
        step[0], step[-1] = 1e-6, -1e-6
        with torch.no_grad():
            slope = (loss(vector + step) - loss(vector - step)) / 2
        torch.testing.assert_close(leaf.grad @ step, slope, rtol=1e-4, atol=1e-13)


def test_i3_one_relaxed_forward_gives_every_parameter_a_gradient(case):
    supernet = build(case)
    alphas = {
        name: weights.requires_grad_()
        for name, weights in random_relaxation(supernet.space).items()
    }
    supernet(example(case, supernet), alphas).square().sum().backward()
    silent = [
        f"{name}={candidate}"
        for name, alpha in alphas.items()
        for candidate, gradient in zip(supernet.space[name].candidates, alpha.grad, strict=True)
        if (gradient == 0) != (candidate in case.zeros)
    ]
    silent += [name for name, p in supernet.named_parameters() if p.grad.abs().max() == 0]
    assert not silent


def test_i4_a_sliced_step_touches_only_the_slice(case):
    supernet = build(case)
    arch, x = supernet.space.smallest(), example(case, supernet)
    supernet(x, arch).square().sum().backward()
    touched = sum(int((p.grad != 0).sum()) for p in supernet.parameters() if p.grad is not None)
    kept = sum(p.numel() for p in supernet.extract(arch).parameters())
    assert 0 < touched <= kept + case.beyond
    assert kept + case.beyond < sum(p.numel() for p in supernet.parameters())


def test_i5_an_extracted_network_stands_alone(case):
    supernet = build(case)
    arch = supernet.space.sample(Random(3))
    extracted = supernet.extract(arch)
    assert not any(isinstance(module, Elastic) for module in extracted.modules())
    leaves = [m for m in extracted.modules() if not list(m.children())]
    assert all(type(leaf).__module__.startswith("torch.nn") for leaf in leaves)
    mine = {p.untyped_storage().data_ptr() for p in supernet.parameters()}
    assert mine.isdisjoint(p.untyped_storage().data_ptr() for p in extracted.parameters())
    shared = len(list(supernet.parameters(recurse=True))) < len(
        list(supernet.named_parameters(remove_duplicate=False))
    )
    assert shared == (
        len(list(extracted.parameters()))
        < len(list(extracted.named_parameters(remove_duplicate=False)))
    )
    x = example(case, supernet)
    torch.testing.assert_close(pickle.loads(pickle.dumps(extracted))(x), extracted(x))
    program = torch.export.export(extracted.eval(), (x,))
    torch.testing.assert_close(program.module()(x), extracted(x))
    optimizer = torch.optim.SGD(extracted.parameters(), lr=1e-3)
    before = extracted(x).square().mean()
    before.backward()
    optimizer.step()
    assert extracted(x).square().mean() < before


def test_i6_nothing_of_an_architecture_outlives_its_forward(case):
    supernet = build(case, train=False)
    x, space = example(case, supernet), supernet.space
    first = supernet(x, space.largest())
    supernet(x, space.smallest())
    supernet(x, random_relaxation(space))
    assert torch.equal(supernet(x, space.largest()), first)
    with pytest.raises(LookupError, match="No architecture is bound"):
        bound()


def test_inactive_choices_change_nothing(case):
    supernet = build(case, train=False)
    space, x = supernet.space, example(case, supernet)
    active = space.active(space.smallest())
    conditional = [name for name in space if name not in active]
    reference = supernet(x, space.smallest())
    for name in conditional:
        for index in range(len(space[name].candidates)):
            assert torch.equal(supernet(x, {**space.smallest(), name: index}), reference)


def test_cardinality_counts_distinct_architectures(case):
    space = Supernet(case.build()).space
    if math.prod(len(choice.candidates) for choice in space.values()) < 200_000:
        distinct = {tuple(arch.values()) for arch in space.enumerate()}
        assert len(distinct) == space.cardinality
