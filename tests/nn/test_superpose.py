import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.weak import TensorWeakRef

from tangle import nn as tnn
from tangle.core import Choice
from tangle.nn import Supernet, bind
from tangle.nn.superpose import Mask, remade, superpose
from tests.nn.reference import assert_same, random_alphas, softmax

SPANS = {
    "vector": ((3,), [(0,)]),
    "rows": ((3, 4), [(0,)]),
    "columns": ((3, 4), [(1,)]),
    "disjoint": ((3, 4), [(0,), (1,)]),
    "coupled": ((3, 4), [(0, 1)]),
    "coupled around others": ((3, 4, 2, 5), [(0, 2), (3,)]),
    "three coupled": ((3, 4, 2), [(0, 1, 2)]),
    "four coupled": ((3, 4, 2, 2), [(0, 1, 2, 3)]),
    "convolution": ((3, 4, 5, 5), [(0,), (1,), (2, 3)]),
}


def masks_of(spans, shape, count=5):
    return [
        Mask(
            dims,
            torch.rand(count, dtype=torch.float64, requires_grad=True),
            tuple(torch.rand(count, shape[dim]) < 0.6 for dim in dims),
        )
        for dims in spans
    ]


def times_masks(tensor, masks):
    """Multiply by each mask, its entries added up candidate by candidate."""
    for mask in masks:
        total = torch.zeros(tensor.shape, dtype=torch.float64)
        for j, weight in enumerate(mask.weights):
            version = torch.ones(tensor.shape, dtype=torch.float64)
            for dim, membership in zip(mask.dims, mask.memberships, strict=True):
                shape = [-1 if d == dim else 1 for d in range(tensor.dim())]
                version = version * membership[j].view(shape)
            total = total + weight * version
        tensor = tensor * total
    return tensor


@pytest.mark.parametrize("name", SPANS)
def test_superposed_tensor_and_its_gradients(name):
    shape, spans = SPANS[name]
    tensor = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    masks = masks_of(spans, shape)
    inputs = [tensor, *(mask.weights for mask in masks)]
    assert_same(superpose(tensor, masks), times_masks(tensor, masks), inputs)


@pytest.mark.parametrize("name", SPANS)
def test_gradients_agree_with_finite_differences(name):
    shape, spans = SPANS[name]
    tensor = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    masks = masks_of(spans, shape)

    def compute(tensor, *weights):
        moved = [Mask(m.dims, w, m.memberships) for m, w in zip(masks, weights, strict=True)]
        return superpose(tensor, moved)

    assert torch.autograd.gradcheck(compute, (tensor, *(mask.weights for mask in masks)))


def test_tensor_without_masks_is_returned_itself():
    tensor = torch.randn(3)
    assert superpose(tensor, []) is tensor


def test_gradient_that_is_not_needed_is_not_computed():
    tensor = torch.randn(3, 4, dtype=torch.float64)
    masks = masks_of([(0,), (1,)], (3, 4))
    masks[1].weights.requires_grad_(False)
    superpose(tensor, masks).sum().backward()
    assert masks[0].weights.grad is not None
    assert masks[1].weights.grad is None
    assert tensor.grad is None


def test_second_derivative_is_refused():
    tensor = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    y = superpose(tensor, masks_of([(0,)], (3, 4))).square().sum()
    (gradient,) = torch.autograd.grad(y, tensor, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def linear(x, weight, masks):
    made = superpose(weight, masks)
    with remade(made, lambda: superpose(weight, masks), weight):
        return F.linear(x, made)


def test_weight_that_is_made_again_gives_the_same_gradients():
    x = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    masks = masks_of([(0, 1)], (3, 4))
    inputs = [x, weight, masks[0].weights]
    assert_same(linear(x, weight, masks), F.linear(x, times_masks(weight, masks)), inputs)


def test_weight_that_changed_before_backward_is_refused():
    x = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    y = linear(x, weight, masks_of([(0, 1)], (3, 4))).sum()
    with torch.no_grad():
        weight.mul_(2)
    with pytest.raises(RuntimeError, match="changed between forward and backward"):
        y.backward()


def test_backward_may_run_twice():
    x = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    y = linear(x, weight, masks_of([(0, 1)], (3, 4))).sum()
    first = torch.autograd.grad(y, [x, weight], retain_graph=True)
    second = torch.autograd.grad(y, [x, weight])
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_superposed_weight_is_not_kept_for_backward(monkeypatch):
    embed, ratio = Choice("embed", (64, 128)), Choice("ratio", (2, 4))
    layer = tnn.Linear(embed, embed * ratio)
    made = []

    def observed(tensor, masks):
        made.append(superpose(tensor, masks))
        return made[-1]

    monkeypatch.setattr("tangle.nn.contraction.superpose", observed)
    with bind(softmax(random_alphas(embed, ratio, dtype=torch.float32))):
        y = layer(torch.randn(400, 128, requires_grad=True))
    weight = TensorWeakRef(made.pop())
    assert weight() is None
    y.sum().backward()
    assert len(made) == 1  # by the backward


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_remade_weight_has_the_layout_of_the_first(memory_format):
    a, b = Choice("a", (4, 6)), Choice("b", (3, 8))
    plain = nn.Conv2d(6, 8, 3)
    layer = tnn.Conv2d(a, b, 3)
    layer.load_state_dict(plain.state_dict())
    layer, plain = (m.double().to(memory_format=memory_format) for m in (layer, plain))
    x = torch.randn(2, 6, 5, 5, dtype=torch.float64, requires_grad=True)
    x = x.to(memory_format=memory_format)
    largest = {"a": torch.tensor([0.0, 1.0]), "b": torch.tensor([0.0, 1.0])}
    y = Supernet(layer)(x, largest)
    assert_same(y, plain(x), [x])


@pytest.mark.parametrize("shape", [(4,), (1, 4), (3, 4)])
def test_a_mask_of_one_dimension_can_be_given_as_it_is(shape):
    torch.manual_seed(0)
    tensor = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    vector, row = (torch.rand(n, dtype=torch.float64, requires_grad=True) for n in (4, shape[0]))
    masks = [Mask((len(shape) - 1,), vector, ())]
    masks += [Mask((0,), row, ())] if len(shape) == 2 else []
    inputs = [tensor, *(mask.weights for mask in masks)]
    kept = [entry.detach().clone() for entry in inputs]
    expected = tensor * vector * (row[:, None] if len(shape) == 2 else 1)
    result = superpose(tensor, masks)
    torch.testing.assert_close(result, expected)
    pull = torch.randn(shape, dtype=torch.float64)
    seen = torch.autograd.grad(result, inputs, pull)
    for mine, other in zip(seen, torch.autograd.grad(expected, inputs, pull), strict=True):
        torch.testing.assert_close(mine, other)
    assert all(torch.equal(one, other) for one, other in zip(inputs, kept, strict=True))
