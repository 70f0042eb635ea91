import pytest
import torch
from torch import Tensor

from tangle.algorithms import DrNAS
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32))])
ALPHA = torch.tensor([0.5, -0.7, 1.5], dtype=torch.float64)
DRAWS = 40_000


def concentration(alpha: Tensor) -> Tensor:
    """elu(alpha) + 1, written out."""
    return torch.where(alpha > 0, alpha + 1, alpha.exp())


def sample(alpha: Tensor, count: int = DRAWS) -> Tensor:
    return DrNAS(SPACE).weigh(alpha.expand(count, -1))


def test_draws_lie_on_the_simplex() -> None:
    weights = sample(ALPHA)
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(DRAWS, dtype=torch.float64))


def test_moments_are_those_of_the_dirichlet_distribution() -> None:
    weights, c = sample(ALPHA), concentration(ALPHA)
    total = c.sum()
    mean = c / total
    covariance = (torch.diag(mean) - torch.outer(mean, mean)) / (total + 1)
    third = c * (c + 1) * (c + 2) / (total * (total + 1) * (total + 2))  # E[w^3]
    noise = DRAWS**-0.5
    torch.testing.assert_close(weights.mean(0), mean, rtol=0, atol=2 * noise)
    torch.testing.assert_close(weights.T.cov(), covariance, rtol=0, atol=noise)
    torch.testing.assert_close((weights**3).mean(0), third, rtol=0, atol=2 * noise)


def test_start_is_uniform_over_the_simplex() -> None:
    """With alphas about zero, a weight of K candidates is Beta(1, K - 1) distributed."""
    weights = sample(torch.zeros(4, dtype=torch.float64))
    for level in (0.1, 0.3, 0.6):
        share = (weights[:, 0] < level).double().mean()
        assert float(share) == pytest.approx(1 - (1 - level) ** 3, abs=4 * 0.5 * DRAWS**-0.5)


def test_mean_gradient_is_the_gradient_of_the_mean() -> None:
    """Of E[a w + b w^2], whose closed form is differentiated, against the average over draws."""
    linear = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    square = torch.tensor([0.3, 1.0, -1.5], dtype=torch.float64)
    alpha = ALPHA.clone().requires_grad_()
    c = concentration(alpha)
    total = c.sum()
    expected = (linear * c / total + square * c * (c + 1) / (total * (total + 1))).sum()
    (exact,) = torch.autograd.grad(expected, alpha)

    alphas = ALPHA.expand(DRAWS, -1).clone().requires_grad_()
    weights = DrNAS(SPACE).weigh(alphas)
    (gradients,) = torch.autograd.grad((weights @ linear + weights**2 @ square).sum(), alphas)
    deviation = (gradients.mean(0) - exact).abs() / (gradients.std(0) * DRAWS**-0.5)
    assert deviation.max() < 4


def test_gradient_of_a_draw_is_the_finite_difference_under_common_random_numbers() -> None:
    """Two candidates: the draw is Beta distributed, and `u = cdf(w)` is its random number.

    With `u` held, moving alpha moves the draw to another quantile. CDFs are summed on a grid.
    """
    grid = torch.linspace(0, 1, 400_001, dtype=torch.float64)

    def cdf(alpha: Tensor) -> Tensor:
        a, b = concentration(alpha).tolist()
        density = grid ** (a - 1) * (1 - grid) ** (b - 1)
        total = torch.cumulative_trapezoid(density, grid)
        return torch.cat([torch.zeros(1, dtype=torch.float64), total / total[-1]])

    def interpolate(x: float, xs: Tensor, ys: Tensor) -> float:
        i = int(torch.searchsorted(xs, torch.tensor(x, dtype=torch.float64)))
        slope = (ys[i] - ys[i - 1]) / (xs[i] - xs[i - 1])
        return float(ys[i - 1] + slope * (x - xs[i - 1]))

    start, step = torch.tensor([1.2, 0.7], dtype=torch.float64), 1e-3
    for _ in range(5):
        alpha = start.clone().requires_grad_()
        weight = DrNAS(SPACE).weigh(alpha)[0]
        (gradient,) = torch.autograd.grad(weight, alpha)
        u = interpolate(float(weight.detach()), grid, cdf(start))
        for i in range(2):
            shift = step * torch.eye(2, dtype=torch.float64)[i]
            above, below = (interpolate(u, cdf(start + s), grid) for s in (shift, -shift))
            assert float(gradient[i]) == pytest.approx((above - below) / (2 * step), abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_alphas_draw_too(dtype: torch.dtype) -> None:
    alpha = torch.zeros(3, dtype=dtype, requires_grad=True)
    weights = DrNAS(SPACE).weigh(alpha)
    assert weights.dtype == dtype
    (weights * torch.arange(3)).sum().backward()
    assert alpha.grad is not None
    assert alpha.grad.abs().max() > 0


@pytest.mark.parametrize("value", [-10.0, -100.0, 100.0])
def test_extreme_alphas_give_finite_weights_and_gradients(value: float) -> None:
    alpha = torch.tensor([value, 0.0, 0.5], requires_grad=True)
    weights = DrNAS(SPACE).weigh(alpha)
    (weights * torch.arange(3)).sum().backward()
    assert alpha.grad is not None
    assert weights.isfinite().all()
    assert alpha.grad.isfinite().all()


def divergence(alpha: Tensor) -> Tensor:
    """KL(Dir(c) || Dir(1)), written out."""
    c = concentration(alpha)
    total, size = c.sum(), torch.tensor(float(len(c)), dtype=c.dtype)
    entropic = ((c - 1) * (c.digamma() - total.digamma())).sum()
    return total.lgamma() - c.lgamma().sum() - size.lgamma() + entropic


def penalised(*alphas: Tensor, kl_weight: float = 0.3) -> DrNAS:
    choices = [Choice(f"choice_{i}", tuple(range(len(a)))) for i, a in enumerate(alphas)]
    search = DrNAS(SearchSpace(choices), kl_weight=kl_weight).double()
    for parameter, alpha in zip(search.parameters(), alphas, strict=True):
        parameter.data = alpha.clone()
    return search


def test_penalty_is_the_weighted_divergence_of_all_choices() -> None:
    other = torch.tensor([0.2, -0.4], dtype=torch.float64)
    expected = 0.3 * (divergence(ALPHA) + divergence(other))
    torch.testing.assert_close(penalised(ALPHA, other).penalty(), expected)
    assert penalised(ALPHA, kl_weight=0.0).penalty() == 0.0
    start = penalised(torch.zeros(3, dtype=torch.float64)).penalty()
    torch.testing.assert_close(start, torch.zeros_like(start))


def test_gradient_of_the_penalty_is_the_finite_difference() -> None:
    search, step = penalised(ALPHA), 1e-6
    (gradient,) = torch.autograd.grad(search.penalty(), list(search.parameters()))
    for i in range(3):
        shift = step * torch.eye(3, dtype=torch.float64)[i]
        difference = 0.3 * (divergence(ALPHA + shift) - divergence(ALPHA - shift)) / (2 * step)
        assert float(gradient[i]) == pytest.approx(float(difference), rel=1e-6)


def test_closed_candidates_have_no_part_in_the_penalty() -> None:
    search = penalised(ALPHA)
    search.restrict("choice_0", [0, 2])
    torch.testing.assert_close(search.penalty(), 0.3 * divergence(ALPHA[[0, 2]]))
    search.restrict("choice_0", [1])
    assert float(search.penalty().detach()) == pytest.approx(0, abs=1e-12)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="kl_weight is -1: it must be at least 0"):
        DrNAS(SPACE, kl_weight=-1)
