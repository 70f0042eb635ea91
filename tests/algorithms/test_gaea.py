import pytest
import torch
from torch import Tensor

from tangle.algorithms import GAEA
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32))])
ALPHA = torch.tensor([0.5, -0.7, 1.5], dtype=torch.float64)


def loss(weights: Tensor) -> Tensor:
    return weights @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64) + (weights**3).sum()


def exponentiated(weights: Tensor, rate: float) -> Tensor:
    """One step of exponentiated gradient, written out."""
    point = weights.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(point), point)
    stepped = weights * (-rate * gradient).exp()
    return stepped / stepped.sum()


def test_weights_lie_on_the_simplex_and_are_the_softmax() -> None:
    torch.testing.assert_close(GAEA(SPACE).weigh(ALPHA), ALPHA.softmax(0), rtol=0, atol=0)


@pytest.mark.parametrize("rate", [0.1, 5.0])
def test_a_step_of_sgd_is_one_of_exponentiated_gradient(rate: float) -> None:
    search = GAEA(SPACE)
    alpha = ALPHA.clone().requires_grad_()
    optimizer = torch.optim.SGD([alpha], lr=rate)
    expected = ALPHA.softmax(0)
    for _ in range(4):
        optimizer.zero_grad()
        loss(search.weigh(alpha)).backward()
        optimizer.step()
        expected = exponentiated(expected, rate)
        torch.testing.assert_close(search.weigh(alpha.detach()), expected)


def test_alphas_do_not_drift() -> None:
    search = GAEA(SPACE)
    alpha = ALPHA.clone().requires_grad_()
    loss(search.weigh(alpha)).backward()
    assert alpha.grad is not None
    assert float(alpha.grad.sum()) == pytest.approx(0, abs=1e-12)


def test_closed_candidates_are_left_out_of_the_step() -> None:
    search = GAEA(SPACE)
    (alpha,) = search.parameters()
    alpha.data = ALPHA.clone()
    search.restrict("width", [0, 2])
    optimizer = torch.optim.SGD([alpha], lr=0.5)
    before = ALPHA[[0, 2]].softmax(0)
    (weights,) = search.sample()
    loss(weights["width"]).backward()
    optimizer.step()
    assert alpha[1] == ALPHA[1]
    full = torch.zeros(3, dtype=torch.float64).index_copy(0, torch.tensor([0, 2]), before)
    stepped = exponentiated(full, 0.5)
    torch.testing.assert_close(search.sample()[0]["width"].detach(), stepped)


def test_half_precision_alphas_weigh_too() -> None:
    alpha = torch.zeros(3, dtype=torch.bfloat16, requires_grad=True)
    weights = GAEA(SPACE).weigh(alpha)
    (weights * torch.arange(3)).sum().backward()
    assert weights.dtype == torch.bfloat16
    assert alpha.grad is not None
    assert alpha.grad.tolist() == [-1, 0, 1]
