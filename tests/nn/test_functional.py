import itertools
import math

import pytest
import torch

from tangle.core import Choice
from tangle.nn.functional import along, joint_weights, mix, superposition
from tests.nn.reference import assert_same

CHOICES = [Choice("embed", (8, 16, 24)), Choice("ratio", (2, 3)), Choice("heads", (1, 2, 4, 8))]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_joint_weight_is_the_product_of_weights_with_the_first_choice_slowest(count):
    choices = CHOICES[:count]
    weights = {c.name: torch.rand(len(c.candidates), dtype=torch.float64) for c in choices}
    expected = [
        math.prod(float(weights[c.name][i]) for c, i in zip(choices, indices, strict=True))
        for indices in itertools.product(*(range(len(c.candidates)) for c in choices))
    ]
    torch.testing.assert_close(
        joint_weights(weights, choices), torch.tensor(expected, dtype=torch.float64)
    )


@pytest.mark.parametrize("extents", [(5,), (5, 3), (4, 3, 2), (3, 2, 4, 2)])
def test_superposition_is_the_weighted_sum_of_outer_products(extents):
    count = 6
    weights = torch.rand(count, dtype=torch.float64, requires_grad=True)
    memberships = [torch.rand(count, extent) < 0.6 for extent in extents]
    total = torch.zeros(extents, dtype=torch.float64)
    for j in range(count):
        version = torch.ones((), dtype=torch.float64)
        for membership in memberships:
            version = version[..., None] * membership[j]
        total = total + weights[j] * version
    assert_same(superposition(weights, memberships), total, [weights])


def test_superposition_has_the_precision_of_the_weights():
    memberships = [torch.ones(3, 4, dtype=torch.bool)] * 2
    for dtype in (torch.float32, torch.float64):
        assert superposition(torch.rand(3, dtype=dtype), memberships).dtype == dtype


@pytest.mark.parametrize("count", [1, 2, 5])
def test_mixture_is_the_weighted_sum(count):
    weights = torch.rand(count, dtype=torch.float64, requires_grad=True)
    activations = [torch.randn(3, 4, dtype=torch.float64, requires_grad=True) for _ in range(count)]
    expected = sum(w * h for w, h in zip(weights, activations, strict=True))
    assert_same(mix(weights, activations), expected, [weights, *activations])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_mixture_has_the_precision_of_the_activations(dtype):
    activations = [torch.randn(3, 4, dtype=dtype) for _ in range(3)]
    assert mix(torch.rand(3), activations).dtype == dtype


def test_mixture_of_several_precisions_has_the_highest_and_reaches_all():
    activations = [torch.randn(3, dtype=d, requires_grad=True) for d in (torch.float32, torch.half)]
    weights = torch.rand(2, requires_grad=True)
    mixture = mix(weights, activations)
    assert mixture.dtype == torch.float32
    mixture.sum().backward()
    assert [a.grad.dtype for a in activations] == [torch.float32, torch.half]
    torch.testing.assert_close(weights.grad, torch.stack([a.float().sum() for a in activations]))


def test_mixture_by_fixed_weights_keeps_no_activations():
    activations = [torch.randn(7, requires_grad=True) for _ in range(3)]
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        mix(torch.rand(3), activations)
    assert [tensor.shape for tensor in kept] == [(3,)]


def test_mixture_needs_a_weight_for_each_activation():
    with pytest.raises(ValueError, match="zip"):
        mix(torch.rand(2), [torch.randn(3)] * 3)


def test_vector_is_viewed_along_the_dimensions():
    assert along(torch.rand(3), (1,), 4).shape == (1, 3, 1, 1)
    assert along(torch.rand(3, 5), (0, 2), 3).shape == (3, 1, 5)
    assert along(torch.rand(3), (-1,), 2).shape == (1, 3)


def test_mix_refuses_shapes_that_torch_would_broadcast():
    with pytest.raises(ValueError, match=r"shapes \[2, 1\] and \[2, 4\], which can't be mixed"):
        mix(torch.rand(2), [torch.randn(2, 1), torch.randn(2, 4)])


def test_mix_refuses_what_is_no_tensor():
    with pytest.raises(ValueError, match="A candidate gives a tuple, which can't be mixed"):
        mix(torch.rand(2), [(torch.zeros(1),), (torch.zeros(1),)])
